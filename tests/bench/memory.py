# SPDX-License-Identifier: AGPL-3.0-or-later
"""Memory: the proportional set size of the box's processes, by what each is."""

from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.box import VIRTUAL_BOX, Box

SERVICES = ("supervisor", "console", "fediverse", "companion", VIRTUAL_BOX)


@dataclass(frozen=True)
class Used:
    """`pss` in MB (10⁶ bytes), summed over the service's processes."""

    service: str
    pss: float
    processes: int


def by_service(box: Box) -> list[Used]:
    """What each service uses now; a service that is not running (the console when idle) is left out."""
    found = box.services()
    return [Used(name, sum(_pss(p.pid) for p in found[name]), len(found[name])) for name in SERVICES if name in found]


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1_000_000
    return 0.0
