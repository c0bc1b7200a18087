# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts of the way: each binds a door to the decisions about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from appliance.internet import model
from appliance.internet.goal import Ask
from appliance.internet.model import PUBLIC_PORTS, Outside, Port, Records
from appliance.internet.part import Pace, Part, Scene
from appliance.internet.reading import direct, holder
from appliance.system.outside import OutsideDoor
from appliance.system.resolver import Resolver
from appliance.system.router import LEASE_SECONDS, Router


class Looking:
    """What a part has that only looks."""

    def actions(self, scene: Scene) -> Iterable[object]:
        return ()

    def apply(self, action: object) -> None:
        raise NotImplementedError(action)

    def close(self) -> None:
        """Nothing is held."""


class DnsPart(Looking):
    field = "dns_works"
    pace = Pace(60.0, 5.0)

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def look(self, ask: Ask) -> bool:
        return self._resolver.works()


class RecordsPart(Looking):
    field = "records"
    pace = Pace(120.0, 5.0)

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def look(self, ask: Ask) -> Records:
        return self._resolver.records(ask.goal.name)


@dataclass(frozen=True)
class OpenPort:
    """Lead a port here, or renew that."""

    port: Port


class RouterPart:
    field = "router"
    pace = Pace(15.0, 5.0)

    def __init__(self, router: Router) -> None:
        self._router = router

    def look(self, ask: Ask) -> model.Router:
        return self._router.look(PUBLIC_PORTS)

    def actions(self, scene: Scene) -> Iterator[OpenPort]:
        """Ports that nobody has, and leases of which half is over. What another machine holds stays with it."""
        way = scene.way
        if way.router is None or way.router.control is None or way.link.address is None or direct(way):
            return
        for port in PUBLIC_PORTS:
            held = holder(way, port)
            if held is None or (
                held.host == way.link.address and held.seconds is not None and held.seconds <= LEASE_SECONDS / 2
            ):
                yield OpenPort(port)

    def apply(self, action: OpenPort) -> None:
        self._router.open(action.port)

    def close(self) -> None:
        for port in PUBLIC_PORTS:
            self._router.close(port)


class OutsidePart(Looking):
    """Others are asked seldom: each look costs them work, and they count."""

    field = "outside"
    pace = Pace(900.0, 30.0)

    def __init__(self, outside: OutsideDoor) -> None:
        self._outside = outside

    def look(self, ask: Ask) -> Outside | None:
        return self._outside.look(ask.goal.name, ask.goal.helpers)


def parts(resolver: Resolver, router: Router | None, outside: OutsideDoor | None) -> tuple[Part, ...]:
    """Those for which there is a door."""
    found: list[Part] = [DnsPart(resolver), RecordsPart(resolver)]
    if router is not None:
        found.append(RouterPart(router))
    if outside is not None:
        found.append(OutsidePart(outside))
    return tuple(found)
