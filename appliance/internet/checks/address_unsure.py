# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is the home's address known by more than one stranger's word? Whoever is believed in this is sent all visitors."""

from appliance.internet.model import Way
from appliance.internet.reading import hearsay, router_page
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    said = hearsay(way)
    if way.gateway is not None or said is None:
        return None
    name = way.goal.name if way.goal is not None else "the name"
    return Finding(
        "address-unsure",
        Level.ATTENTION,
        f"Only one helper could be asked which address your home has on the internet. It says {said}.",
        "Name a second helper in the settings, somebody who lives elsewhere: one alone may be wrong. Or log in to your"
        f" router at {router_page(way)}, see whether that is its address, and make an A record of {name} with it.",
    )
