# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bench's one table: printed for people as it fills, written as bench.json for programs."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measure:
    """`name` says what was measured in plain words; it is the key by which two runs are compared."""

    name: str
    value: float
    unit: str
    remark: str = ""


class Table:
    def __init__(self) -> None:
        self.measures: list[Measure] = []

    def section(self, title: str) -> None:
        print(f"\n{title}\n{'─' * len(title)}", flush=True)

    def add(self, name: str, value: float, unit: str, remark: str = "") -> None:
        measure = Measure(name, round(value, 3), unit, remark)
        self.measures.append(measure)
        print(f"  {name:<58} {_figure(value):>9} {unit:<6} {remark}".rstrip(), flush=True)

    def write(self, path: Path) -> None:
        """One measure per line between the brackets, so that a diff of two runs can be read."""
        path.write_text("[\n" + ",\n".join(_lines(self.measures)) + "\n]\n")


def machine() -> str:
    """What the figures were measured on; they mean nothing without it."""
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores ({_processor()}), Python {platform.python_version()}, Linux {platform.release()}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.machine()


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"


def _lines(measures: Iterable[Measure]) -> Iterable[str]:
    for measure in measures:
        yield json.dumps({"name": measure.name, "value": measure.value, "unit": measure.unit}, ensure_ascii=False)
