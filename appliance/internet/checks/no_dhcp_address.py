# SPDX-License-Identifier: AGPL-3.0-or-later
"""Did the router give the box an address (RFC 2131)?"""

from appliance.internet.model import Way
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.link.address is not None or way.link.address6 is not None:
        return None
    return Finding(
        "no-dhcp-address",
        Level.ATTENTION,
        "The router gave the box no address.",
        "Switch the router off and on again. If that does not help, turn on DHCP in its settings.",
    )
