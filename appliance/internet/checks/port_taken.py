# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does a port of the router lead to another device already? What somebody else holds is never taken away."""

from appliance.internet.model import Answered, Way
from appliance.internet.reading import WEB_PORTS, attempts, holder, passes, router_page, whose
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.gateway is not None:
        return None
    for port in WEB_PORTS:
        if passes(way, port.outside):
            continue
        held = holder(way, port)
        if held is not None and held.host != way.link.address:
            return _finding(way, port.outside, whose(held))
        refused = way.router is not None and (port, "port-taken") in way.router.refused
        if refused or any(each.answered is Answered.OTHER for each in attempts(way, port.outside)):
            return _finding(way, port.outside, "another device")
    return None


def _finding(way: Way, number: int, name: str) -> Finding:
    return Finding(
        "port-taken",
        Level.ATTENTION,
        f"Port {number} of the router is used by {name}.",
        f"Log in to your router at {router_page(way)} and take port {number} away from {name}, or switch the port"
        " forwarding off there. The box takes it as soon as it is free.",
    )
