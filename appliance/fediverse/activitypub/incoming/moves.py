# SPDX-License-Identifier: AGPL-3.0-or-later
"""Move: of an account by itself. The new one is asked later whether it was the old."""

from appliance.errors import Refused
from appliance.fediverse.activitypub import reading
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.services import errands
from appliance.fediverse.services.errands import Errand


def move(arrival: Arrival) -> Apply | None:
    sender, target = arrival.sender, reading.uri(arrival.activity.document.get("target"))
    if arrival.activity.object_uri != sender.uri:
        raise Refused("not-yours", "Nobody can move another account.")
    if target is None or target == sender.uri:
        return None
    return lambda tx: errands.want(tx, Errand.MOVE, f"{sender.id} {target}")
