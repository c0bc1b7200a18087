# SPDX-License-Identifier: AGPL-3.0-or-later
"""The picture of the way for the status document, with the records that the owner must make. Pure."""

from collections.abc import Iterator

from appliance.internet.diagnosis import Diagnosis
from appliance.internet.facts import facts
from appliance.internet.model import Held, Way
from appliance.internet.name import Record, wanted
from appliance.internet.reading import parse
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
    """Those that the owner must make herself."""
    goal = way.goal
    if goal is None or goal.held is not Held.OWN or goal.account is not None:
        return
    for record in wanted(goal, way):
        yield _found(record, way)


def _found(record: Record, way: Way) -> WantedRecord:
    found = way.records
    if found is None or not found.answered:
        return WantedRecord(record.kind, record.name, record.value)
    six = record.kind == "AAAA"
    source, seen = (found.source_aaaa, found.aaaa) if six else (found.source_a, found.a)
    # Where the name's own servers have it, the rest of the internet follows by itself.
    there = source if source is not None else seen
    right = {parse(each) for each in there} == {parse(record.value)}
    if record.kind == "CNAME":  # what it leads to is the gateway's, whose address may be any
        right = bool(there)
    return WantedRecord(record.kind, record.name, record.value, there, right)
