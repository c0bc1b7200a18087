# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the provider put many homes behind one address (RFC 6888)? Then nobody can be let in there."""

from appliance.internet.model import Way
from appliance.internet.reading import is_public, is_shared, reached
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.gateway is not None or reached(way):
        return None
    router = way.router.outside if way.router is not None else None
    beyond = way.router.beyond if way.router is not None else None
    seen = way.outside.seen4 if way.outside is not None else None
    # Two addresses of the internet that differ mean the same: somebody in between changes one into the other.
    differ = is_public(router) and is_public(seen) and router != seen
    if not (any(map(is_shared, (router, beyond, way.link.address))) or differ):
        return None
    return Finding(
        "carrier-nat",
        Level.ATTENTION,
        "Your provider lets many homes share one address, so visitors cannot find yours.",
        "Ask your provider for a public IPv4 address of your own (some give one for nothing). Or use a gateway: that"
        " works at once and needs nobody's leave.",
    )
