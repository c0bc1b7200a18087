# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the name work at home as well? Some routers do not lead their own home back to itself."""

from appliance.internet.model import Way
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.gateway is not None or way.outside is None or way.outside.hairpin is not False:
        return None
    name = way.goal.name if way.goal is not None else "the name"
    return Finding(
        "no-hairpin",
        Level.ATTENTION,
        f"Everybody reaches the box by {name}, except you at home: your router does not lead its own home back.",
        f"In the router, look for NAT loopback (or hairpin NAT) and turn it on, or let it answer {name} with"
        f" {way.link.address or 'the address of the box'}. At home the plain address works in any case.",
    )
