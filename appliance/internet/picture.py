# SPDX-License-Identifier: AGPL-3.0-or-later
"""The picture of the way that goes into the status document, and the records that a name of the owner's needs. Pure."""

from collections.abc import Iterator

from appliance.internet.diagnosis import Diagnosis
from appliance.internet.facts import facts
from appliance.internet.model import Answered, Protocol, Way
from appliance.internet.reading import attempts, own_address, parse
from appliance.status import Picture, WantedRecord


def picture(found: Diagnosis, way: Way) -> Picture:
    cause = found.cause
    return Picture(
        found.stretches,
        found.sentence,
        cause.remedy if cause is not None else "",
        cause.key if cause is not None else "",
        facts(way),
        tuple(_records(way)),
    )


def _records(way: Way) -> Iterator[WantedRecord]:
    """A, and AAAA only where the router lets IPv6 in: one that leads nowhere is worse than none."""
    if way.goal is None or way.tunnel is not None:
        return
    own = own_address(way)
    if own is not None:
        yield _record("A", way, own)
    if way.link.address6 is not None and _six_comes_in(way):
        yield _record("AAAA", way, way.link.address6)


def _record(kind: str, way: Way, value: str) -> WantedRecord:
    name = way.goal.name if way.goal is not None else ""
    found = way.records
    if found is None or not found.answered:
        return WantedRecord(kind, name, value)
    source, seen = (found.source_a, found.a) if kind == "A" else (found.source_aaaa, found.aaaa)
    # Where the name's own servers have it, the rest of the internet follows by itself.
    there = source if source is not None else seen
    return WantedRecord(kind, name, value, there, {parse(each) for each in there} == {parse(value)})


def _six_comes_in(way: Way) -> bool:
    pinholes = way.router.pinholes if way.router is not None else ()
    opened = any(port.protocol is Protocol.TCP and port.inside == 8443 for port in pinholes)
    return opened or any(each.answered is Answered.REACHED for each in attempts(way, 443, version=6))
