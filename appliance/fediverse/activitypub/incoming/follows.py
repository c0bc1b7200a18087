# SPDX-License-Identifier: AGPL-3.0-or-later
"""Follow."""

from appliance.fediverse.activitypub.incoming import relayed
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import follows


def follow(arrival: Arrival) -> Apply:
    activity = arrival.activity
    of_relay = relayed.follow_back(arrival)
    if of_relay is not None:
        return of_relay

    def apply(tx: Tx) -> None:
        target = arrival.member(tx, activity.object_uri)
        follows.follow(tx, arrival.urls, arrival.sender.id, target.id, uri=activity.id)

    return apply
