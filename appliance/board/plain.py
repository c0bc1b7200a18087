# SPDX-License-Identifier: AGPL-3.0-or-later
"""Any Linux machine as a board: without light and button, so it is claimed by the code."""

import threading
from collections.abc import Iterator

import psutil

from appliance.board import power
from appliance.board.light import Pattern
from appliance.board.model import Disk, Event, Sensors
from appliance.system.runner import Runner


class PlainBoard:
    """Implements `board.model.Board`."""

    name = "plain machine"

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def show(self, pattern: Pattern) -> None:
        """There is no light."""

    def events(self) -> Iterator[Event]:
        """Nothing ever happens to it."""
        threading.Event().wait()
        yield from ()

    def sensors(self) -> Sensors:
        chips = psutil.sensors_temperatures().values()
        return Sensors(max((each.current for chip in chips for each in chip), default=0.0), False, False)

    def disks(self) -> tuple[Disk, ...]:
        return ()

    def power_off(self) -> None:
        power.off(self._runner)

    def power_restart(self) -> None:
        power.restart(self._runner)
