# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the router open ports when it is asked to? Many have that switched off."""

from appliance.internet.model import Way
from appliance.internet.reading import BY_HAND, by_hand, needs_the_router, router_page
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.router is None or way.router.control is not None or not needs_the_router(way):
        return None
    return Finding(
        "router-silent",
        Level.ATTENTION,
        "The router does not answer when it is asked to let visitors in.",
        f"Log in to your router at {router_page(way)} and turn on UPnP, which some call automatic port forwarding."
        f" {by_hand(way)}",
        (BY_HAND,),
    )
