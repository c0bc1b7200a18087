# SPDX-License-Identifier: AGPL-3.0-or-later
"""A way on which all is well, and how to break it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.internet.model import (
    PUBLIC_PORTS,
    Answered,
    Attempt,
    Certificate,
    Goal,
    Link,
    Mapping,
    Outside,
    PortControl,
    Records,
    Router,
    Stage,
    Way,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAME = "our-house.example.org"
HOME, GATEWAY, PUBLIC = "192.168.1.20", "192.168.1.1", "8.8.4.4"


def mapping(index: int, host: str = HOME, description: str = "Hearth") -> Mapping:
    return Mapping(PUBLIC_PORTS[index], host, 3600, description)


def tried(index: int, answered: Answered, address: str = PUBLIC) -> Attempt:
    return Attempt(PUBLIC_PORTS[index], address, answered)


def well() -> Way:
    return Way(
        NOW,
        Link(True, "eth0", HOME, GATEWAY),
        dns_works=True,
        router=Router(PortControl.UPNP, "Fritz", PUBLIC, tuple(mapping(index) for index in range(3))),
        outside=Outside(PUBLIC, None, (tried(0, Answered.REACHED), tried(1, Answered.REACHED)), hairpin=True),
        records=Records(NAME, answered=True, a=(PUBLIC,)),
        certificate=Certificate(Stage.REAL, NOW + timedelta(days=60), authority="letsencrypt.org"),
        goal=Goal(NAME),
    )


def unproven(way: Way) -> Way:
    """Nobody outside was asked."""
    return replace(way, outside=None)


def router(**changes: Any) -> Way:
    way = unproven(well())
    assert way.router is not None
    return replace(way, router=replace(way.router, **changes))


def outside(**changes: Any) -> Way:
    way = well()
    assert way.outside is not None
    return replace(way, outside=replace(way.outside, **changes))


def records(**changes: Any) -> Way:
    way = well()
    assert way.records is not None
    return replace(way, records=replace(way.records, **changes))


def certificate(**changes: Any) -> Way:
    return replace(well(), certificate=replace(well().certificate, **changes))


def tries(first: Answered, second: Answered) -> Way:
    return outside(attempts=(tried(0, first), tried(1, second)), hairpin=None)
