# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the name lead anywhere at all?"""

from appliance.internet.model import Way
from appliance.internet.reading import own_address
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    found = way.records
    if found is None or not found.answered or found.a or found.aaaa or found.source_a:
        return None
    value = own_address(way)
    record = f"type A, name {found.name}" + (f", value {value}" if value and way.tunnel is None else "")
    return Finding(
        "record-absent",
        Level.ATTENTION,
        f"The name {found.name} does not lead anywhere yet.",
        f"Log in where you got the name and make a record: {record}. It may take an hour until everybody sees it.",
    )
