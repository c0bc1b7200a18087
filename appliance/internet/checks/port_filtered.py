# SPDX-License-Identifier: AGPL-3.0-or-later
"""The router says that the ports are open: does anybody get in? If at none of them, something throws them away."""

from appliance.internet.model import Way
from appliance.internet.reading import fails, passes, router_page
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.gateway is not None or not fails(way, 443) or passes(way, 80):
        return None
    return Finding(
        "port-filtered",
        Level.ATTENTION,
        "The router opened its ports, but visitors do not get through.",
        f"Log in to your router at {router_page(way)} and look for a firewall that blocks ports 80 and 443. If there is"
        " none, ask your provider whether it filters them. If it does, use a gateway.",
    )
