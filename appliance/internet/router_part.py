# SPDX-License-Identifier: AGPL-3.0-or-later
"""The router's share of the way: it is looked at, and asked for the ports that visitors come by."""

import logging
from collections.abc import Iterable

from appliance.errors import HearthError
from appliance.internet import ports
from appliance.internet.goal import Ask
from appliance.internet.model import PUBLIC_PORTS, Port, Router
from appliance.internet.part import Pace, Scene
from appliance.internet.ports import Action, Open, OpenAgain
from appliance.internet.reading import direct, fails
from appliance.system.clock import Clock
from appliance.system.router.door import Router as Door

# Many routers know no way to ask for pinholes, and those that do are deaf while they start: seconds until it is tried
# again, twice as many each time.
_PINHOLES_SOON = 5.0
_PINHOLES_LATEST = 320.0
# Routers forget what they were asked for when their rules are read anew, and tell nobody.
_AGAIN = 60.0

log = logging.getLogger(__name__)


class RouterPart:
    field = "router"
    pace = Pace(calm=45.0, quick=10.0)

    def __init__(self, door: Door, clock: Clock) -> None:
        self._door = door
        self._clock = clock
        self._pinholes_again = 0.0
        self._pause = _PINHOLES_SOON
        self._again: dict[Port, float] = {}

    def look(self, ask: Ask) -> Router:
        try:
            return self._door.look(PUBLIC_PORTS)
        except HearthError as error:
            # To people, one that talks nonsense is one that does not answer.
            log.warning("the router: %s", error)
            return Router(None)

    def actions(self, scene: Scene) -> Iterable[Action]:
        way = scene.way
        return () if direct(way) else ports.plan(PUBLIC_PORTS, way.router, way.link, doubted=fails(way, 443))

    def apply(self, action: Action) -> None:
        if isinstance(action, Open):
            self._door.open(action.port)
        elif isinstance(action, OpenAgain):
            if self._clock.monotonic() >= self._again.get(action.port, 0.0):
                self._again[action.port] = self._clock.monotonic() + _AGAIN
                self._door.open(action.port)
        elif self._clock.monotonic() >= self._pinholes_again:
            try:
                self._door.open_pinhole(action.port)
                self._pause = _PINHOLES_SOON
            except HearthError as error:
                self._pinholes_again = self._clock.monotonic() + self._pause
                self._pause = min(2 * self._pause, _PINHOLES_LATEST)
                log.info("no pinhole for IPv6: %s", error)

    def close(self) -> None:
        self._pinholes_again, self._pause = 0.0, _PINHOLES_SOON
        self._door.close(PUBLIC_PORTS)
