# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the name still lead to an address that this home had before? Providers change it at any time."""

from appliance.internet.model import Way
from appliance.internet.reading import own_address
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    found, own = way.records, own_address(way)
    if way.tunnel is not None or found is None or own is None or own in found.a:
        return None
    old = next((each for each in found.a if each in way.former), None)
    if old is None:
        return None
    return Finding(
        "record-stale",
        Level.ATTENTION,
        f"Your home has a new address, but {found.name} still leads to the old one.",
        f"Change its A record from {old} to {own} where you got the name. A dynamic name does so by itself within"
        " minutes.",
    )
