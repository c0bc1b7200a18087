# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every command of the CLI is given: where the box is, how to ask it, and how to answer."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.config import STATE_ON_A_BOX, Config
from appliance.errors import HearthError
from appliance.fediverse.client import InstanceClient
from appliance.parse import to_dict
from appliance.supervisor.client import SupervisorClient

LOCAL_STATE = Path("var")


def find_state(chosen: str | None) -> Path:
    """The state folder, absolute: the chosen one, else ./var if `hearth run` made it, else the box's own.

    By its lock it is known from any other folder of that name: on a box, / has one.
    """
    if chosen:
        return Path(chosen).absolute()
    return LOCAL_STATE.absolute() if (LOCAL_STATE / "run.lock").is_file() else STATE_ON_A_BOX


@dataclass(frozen=True)
class Context:
    """`json`: print for programs instead of people."""

    state: Path
    json: bool = False

    @property
    def config(self) -> Config:
        return Config(state=self.state, runtime=(self.state / "run").resolve())

    @property
    def supervisor(self) -> SupervisorClient:
        self._look_for(self.config.supervisor_socket)
        return SupervisorClient(self.config.supervisor_socket)

    @property
    def instance(self) -> InstanceClient:
        self._look_for(self.config.supervisor_socket)
        return InstanceClient(self.config.admin_socket)

    def answer(self, value: Any, text: str) -> None:
        """Print the value as JSON if that was asked for, else the text."""
        print(json.dumps(to_dict(value), indent=2, ensure_ascii=False) if self.json else text)

    def _look_for(self, socket: Path) -> None:
        try:
            found = socket.exists()
        except PermissionError:
            found = True
        if not found:
            raise HearthError(
                "no-box",
                f"No box is running with the state in {self.state}.",
                "Start it with `hearth run`, or choose another folder with --state.",
            )


def table(rows: list[list[str]], headings: list[str]) -> str:
    """Columns as wide as they need to be."""
    widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [headings, *rows]]
    return "\n".join(line.rstrip() for line in lines)


def printable(text: str) -> str:
    """What others wrote, without control characters that a terminal would obey."""
    return "".join(character if character.isprintable() else "�" for character in text)


def colour(text: str, code: str) -> str:
    """In colour for a person who wants it (no-color.org)."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{code}m{text}\033[0m"
