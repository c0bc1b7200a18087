# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the name's IPv6 address lead here? Browsers try it first, and some wait for long before they give up."""

from appliance.internet.model import Answered, Way
from appliance.internet.reading import attempts, parse
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    found = way.records
    if found is None or not found.aaaa:
        return None
    tried = attempts(way, 443, version=6)
    led = {parse(each) for each in found.aaaa}
    if any(each.answered is Answered.REACHED and parse(each.address) in led for each in tried):
        return None
    own = parse(way.link.address6)
    wrong = way.gateway is not None or own not in {parse(each) for each in found.aaaa}
    if not wrong and not tried:
        return None
    advice = f"Change it to {own}, or delete it" if own is not None and way.gateway is None and wrong else "Delete it"
    return Finding(
        "aaaa-broken",
        Level.ATTENTION,
        f"The IPv6 address of {found.name} does not lead to the box.",
        f"It is the AAAA record {', '.join(found.aaaa)}. {advice} where you got the name; IPv4 is enough.",
    )
