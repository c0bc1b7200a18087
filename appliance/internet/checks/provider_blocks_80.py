# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the provider block port 80? Web addresses without https, and many certificates, begin there."""

from appliance.internet.model import Way
from appliance.internet.reading import fails, passes
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.gateway is not None or not fails(way, 80) or not passes(way, 443):
        return None
    return Finding(
        "provider-blocks-80",
        Level.ATTENTION,
        "Visitors get through at port 443, but not at port 80: your provider seems to block it.",
        "Ask your provider to unblock port 80. People who type your name without https do not find it until then.",
    )
