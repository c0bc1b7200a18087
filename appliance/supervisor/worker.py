# SPDX-License-Identifier: AGPL-3.0-or-later
"""Threads beside the loop: one that observes and applies, one that listens to the board, one that sets the light."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from appliance.board.light import PATTERNS, Light
from appliance.board.model import Board, Event
from appliance.errors import HearthError
from appliance.supervisor.capability import Capability
from appliance.system.clock import Clock

LOOK_EVERY = 5.0
TRY_AGAIN = 1.0

log = logging.getLogger(__name__)


class Looker:
    """Observes one capability after the other, hands it to the loop, and applies what was planned there."""

    def __init__(
        self,
        capabilities: tuple[Capability, ...],
        take: Callable[[str, Any], tuple[Any, ...]],
        take_failure: Callable[[str, Exception], object],
    ) -> None:
        self._capabilities = capabilities
        self._take = take
        self._take_failure = take_failure
        self._again = threading.Event()

    def look_again(self) -> None:
        self._again.set()

    def look(self) -> None:
        for capability in self._capabilities:
            try:
                for action in self._take(capability.name, capability.observe()):
                    capability.apply(action)
            except Exception as error:
                if not isinstance(error, HearthError):
                    log.exception("looking at %s failed", capability.name)
                self._report(capability.name, error)

    def run(self) -> None:
        while True:
            self.look()
            self._again.wait(LOOK_EVERY)
            self._again.clear()

    def _report(self, name: str, error: Exception) -> None:
        try:
            self._take_failure(name, error)
        except HearthError:
            log.warning("the loop is too busy to hear of %s", name)


class Listener:
    """Hands the board's events to the loop, and says when the board came back."""

    def __init__(
        self, board: Board, clock: Clock, event: Callable[[Event], None], came_back: Callable[[], None]
    ) -> None:
        self._board = board
        self._clock = clock
        self._event = event
        self._came_back = came_back

    def run(self) -> None:
        while True:
            try:
                for event in self._board.events():
                    self._event(event)
            except HearthError as error:
                log.warning("the board does not tell what happens to it: %s", error)
            self._clock.sleep(TRY_AGAIN)
            self._came_back()


class LightSwitch:
    """Sets the light without keeping the loop waiting; only the newest wish counts."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._wishes: queue.SimpleQueue[Light] = queue.SimpleQueue()

    def show(self, light: Light) -> None:
        self._wishes.put(light)

    def run(self) -> None:
        while True:
            light = self._wishes.get()
            while not self._wishes.empty():
                light = self._wishes.get()
            try:
                self._board.show(PATTERNS[light])
            except HearthError as error:
                log.warning("the light could not be set: %s", error)
