# SPDX-License-Identifier: AGPL-3.0-or-later
"""The home network as the virtual doors look at it, over the machine socket."""

import contextlib
from datetime import datetime
from pathlib import Path

from appliance.board.virtual.home_network import HomeNetwork
from appliance.errors import Unavailable
from appliance.parse import from_dict
from appliance.system.clock import SystemClock
from appliance.system.commands import CommandClient

_SECONDS = 2.0
_CLOCK_EVERY = 1.0  # the supervisor's loop asks the clock often


class HomeDoor:
    """How the home is right now."""

    def __init__(self, machine_socket: Path) -> None:
        self._machine = CommandClient(machine_socket, name="the virtual board")

    def look(self) -> HomeNetwork:
        """Raises Unavailable."""
        return from_dict(HomeNetwork, self._machine.ask("home.network", timeout=_SECONDS))


class HomeClock:
    """Implements `clock.Clock`: this computer's, which the front panel can make a box's that has heard from no time
    server yet."""

    def __init__(self, home: HomeDoor) -> None:
        self._home = home
        self._clock = SystemClock(assume_trusted=True)
        self._trusted, self._look_at = True, 0.0

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def trusted(self) -> bool:
        now = self.monotonic()
        if now >= self._look_at:
            self._look_at = now + _CLOCK_EVERY
            with contextlib.suppress(Unavailable):
                self._trusted = self._home.look().clock
        return self._trusted
