# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the box know the time? Certificates that are not valid yet, or no more, are refused."""

from appliance.internet.model import Way
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.clock_trusted:
        return None
    return Finding(
        "clock-untrusted",
        Level.ATTENTION,
        "The box does not know the time yet, and without it no certificate is good.",
        "It asks the internet for it by itself. If this stays for an hour, switch the router off and on again.",
    )
