# SPDX-License-Identifier: AGPL-3.0-or-later
"""Can only those come who have IPv6? Most people have not, at least in one of the places where they are."""

from appliance.internet.model import Way
from appliance.internet.reading import own_address
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    found = way.records
    if way.gateway is not None or found is None or found.a or not found.aaaa:
        return None
    own = own_address(way)
    if own is None:
        remedy = "Ask your provider for a public IPv4 address, or use a gateway."
    else:
        remedy = f"Make a record where you got the name: type A, name {found.name}, value {own}."
    return Finding("ipv6-only", Level.ATTENTION, "Only people whose network has IPv6 find the box.", remedy)
