# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the router refuse a port, though it does answer? Often it lets only some devices ask."""

from appliance.internet.model import Way
from appliance.internet.reading import BY_HAND, WEB_PORTS, by_hand, holder, needs_the_router, router_page
from appliance.status import Level
from appliance.supervisor.issues import Finding

_REASONS = {
    "router-refuses": "It may let only some devices do that.",
    "router-unsure": "It said yes, and did nothing.",
}


def check(way: Way) -> Finding | None:
    if way.router is None or not needs_the_router(way):
        return None
    for port, reason in way.router.refused:
        if port in WEB_PORTS and holder(way, port) is None:
            return Finding(
                "port-refused",
                Level.ATTENTION,
                f"The router does not let visitors in at port {port.outside}. {_REASONS.get(reason, '')}".strip(),
                f"Log in to your router at {router_page(way)} and allow the box to open ports. {by_hand(way)}",
                (BY_HAND,),
            )
    return None
