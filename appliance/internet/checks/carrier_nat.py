# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the provider put many homes behind one address (RFC 6888)? Then nobody can be let in there."""

from appliance.internet.model import Way
from appliance.internet.reading import behind_a_carrier
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.gateway is not None or not behind_a_carrier(way):
        return None
    return Finding(
        "carrier-nat",
        Level.ATTENTION,
        "Your provider lets many homes share one address, so visitors cannot find yours.",
        "Ask your provider for a public IPv4 address of your own (some give one for nothing). Or use a gateway"
        " (Settings, Address): that works at once and needs nobody's leave.",
    )
