# SPDX-License-Identifier: AGPL-3.0-or-later
"""Can names on the internet be looked up? If not, in nearly all homes nothing else works either."""

from appliance.internet.model import Way
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.dns_works is not False:
        return None
    return Finding(
        "no-dns",
        Level.ATTENTION,
        "The box finds no name on the internet.",
        "Try a web page on your phone at home. If it does not open either, switch the router off and on again, and then"
        " ask your provider. If it does, choose another DNS server in the router, for example 9.9.9.9.",
    )
