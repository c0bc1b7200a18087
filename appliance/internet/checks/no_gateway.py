# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does anything lead out of the home?"""

from appliance.internet.model import Way
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.link.gateway is not None or way.link.gateway6 is not None:
        return None
    return Finding(
        "no-gateway",
        Level.ATTENTION,
        "The box is connected, but nobody told it which way leads to the internet.",
        "Switch the router off and on again, and check that the box is plugged into the router itself.",
    )
