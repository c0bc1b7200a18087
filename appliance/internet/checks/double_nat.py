# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is there a second router behind the first? Then the first one's address is one of a home, not of the internet."""

from appliance.internet.model import Way
from appliance.internet.reading import BY_HAND, is_of_a_home, needs_the_router, router_page
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.router is None or not needs_the_router(way):
        return None
    outside, beyond = way.router.outside, way.router.beyond
    if not is_of_a_home(outside or beyond):
        return None
    here, there = f" at http://{beyond}/" if beyond else "", outside or "your own router"
    return Finding(
        "double-nat",
        Level.ATTENTION,
        "Between your router and the internet there is a second router, which lets nobody in.",
        "Set the first of the two, often the provider's, to bridge mode, or plug the box into that one. Or log in to"
        f" it{here} and forward ports 80 and 443 to {there}. Your own router is at {router_page(way)}. If none of that"
        " is possible, use a gateway.",
        (BY_HAND,),
    )
