# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is the name right at its source, and remembered otherwise elsewhere? That passes by itself."""

from appliance.internet.model import Way
from appliance.internet.reading import own_address
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    found, own = way.records, own_address(way)
    if way.gateway is not None or found is None or own is None or own not in (found.source_a or ()):
        return None
    if found.a == found.source_a:
        return None
    old = next((each for each in found.a if each != own), "nothing")
    return Finding(
        "record-stale",
        Level.ATTENTION,
        f"The name {found.name} is right now, but part of the internet still remembers what it was before: {old}.",
        "Wait: what is remembered is forgotten by itself, mostly within an hour.",
    )
