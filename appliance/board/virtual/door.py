# SPDX-License-Identifier: AGPL-3.0-or-later
"""The supervisor's door to the virtual board, over the machine socket."""

from collections.abc import Iterator
from pathlib import Path

from appliance.board.light import Pattern
from appliance.board.model import Disk, Event, Sensors
from appliance.errors import Unavailable
from appliance.parse import from_dict
from appliance.system.commands import CommandClient


class VirtualBoard:
    """Implements `board.model.Board`."""

    name = "virtual board"

    def __init__(self, machine_socket: Path) -> None:
        self._machine = CommandClient(machine_socket, name="the virtual board")

    def show(self, pattern: Pattern) -> None:
        self._machine.ask("board.light", pattern)

    def events(self) -> Iterator[Event]:
        try:
            for item in self._machine.stream("board.events"):
                if item is not None:
                    yield from_dict(Event, item)
        except Unavailable:
            return

    def sensors(self) -> Sensors:
        return from_dict(Sensors, self._machine.ask("board.sensors"))

    def disks(self) -> tuple[Disk, ...]:
        return tuple(from_dict(Disk, item) for item in self._machine.ask("board.disks"))

    def power_off(self) -> None:
        self._machine.ask("power.off")

    def power_restart(self) -> None:
        self._machine.ask("power.restart")
