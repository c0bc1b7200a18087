# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the name lead anywhere at all?"""

from appliance.internet.model import Way
from appliance.internet.name import wanted
from appliance.internet.reading import how_to_change
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    found = way.records
    if way.goal is None or found is None or not found.answered or found.a or found.aaaa or found.source_a:
        return None
    records = (f"type {each.kind}, name {each.name}, value {each.value}" for each in wanted(way.goal, way))
    make = "; ".join(records) or f"type A, name {found.name}, value: the address of your home"
    return Finding(
        "record-absent",
        Level.ATTENTION,
        f"The name {found.name} does not lead anywhere yet.",
        how_to_change(
            way,
            f"Log in where you got the name and make a record: {make}. It may take an hour until everybody sees it.",
        ),
    )
