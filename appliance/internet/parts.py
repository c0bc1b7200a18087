# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts of the way: each binds a door to the decisions about it."""

from collections.abc import Iterable

from appliance.internet.goal import Ask
from appliance.internet.model import Outside, Records
from appliance.internet.part import Pace, Part, Scene
from appliance.internet.router_part import RouterPart
from appliance.system.clock import Clock
from appliance.system.outside import OutsideDoor
from appliance.system.resolver import Resolver
from appliance.system.router import Router


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
        # Who finds the name, or that there is none, has found a name server as well.
        return self._resolver.works() or self._resolver.records(ask.goal.name).answered


class RecordsPart(Looking):
    field = "records"
    pace = Pace(120.0, 5.0)

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def look(self, ask: Ask) -> Records:
        return self._resolver.records(ask.goal.name)


class OutsidePart(Looking):
    """Others are asked seldom: each look costs them work, and they count."""

    field = "outside"
    pace = Pace(900.0, 60.0)

    def __init__(self, outside: OutsideDoor) -> None:
        self._outside = outside

    def look(self, ask: Ask) -> Outside | None:
        return self._outside.look(ask.goal.name, ask.goal.helpers)


def parts(
    resolver: Resolver, router: Router | None, outside: OutsideDoor | None, clock: Clock, *others: Part
) -> tuple[Part, ...]:
    """Those for which there is a door."""
    found: list[Part] = [DnsPart(resolver), RecordsPart(resolver), *others]
    if router is not None:
        found.append(RouterPart(router, clock))
    if outside is not None:
        found.append(OutsidePart(outside))
    return tuple(found)
