# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the name lead to somewhere else?"""

from appliance.internet.model import Way
from appliance.internet.reading import how_to_change, own_address
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    found, own = way.records, own_address(way)
    if way.gateway is not None or found is None or own is None:
        return None
    # What its own name servers say counts as well: it is what everybody will see soon.
    values = (*found.a, *(found.source_a or ()))
    wrong = next((each for each in values if each != own), None)
    if wrong is None:
        return None
    if own in values:
        remedy = f"Delete the A record {wrong} where you got the name: some visitors are sent there."
    else:
        remedy = f"Change its A record from {wrong} to {own} where you got the name."
    sentence = f"The name {found.name} leads somewhere else: to {wrong}."
    return Finding("record-wrong", Level.ATTENTION, sentence, how_to_change(way, remedy))
