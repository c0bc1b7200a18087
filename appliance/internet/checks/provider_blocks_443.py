# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the provider block port 443? All that is encrypted comes there, so nothing works without."""

from appliance.internet.model import Way
from appliance.internet.reading import fails, passes
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.gateway is not None or not fails(way, 443) or not passes(way, 80):
        return None
    return Finding(
        "provider-blocks-443",
        Level.ATTENTION,
        "Visitors get through at port 80, but not at port 443: your provider seems to block it.",
        "Ask your provider to unblock port 443. If it refuses, use a gateway.",
    )
