# SPDX-License-Identifier: AGPL-3.0-or-later
"""Like. A reaction with an emoji is one too: what matters here is that somebody liked it."""

from appliance.fediverse.activitypub import known
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import favourites


def like(arrival: Arrival) -> Apply:
    urls, activity = arrival.urls, arrival.activity

    def apply(tx: Tx) -> None:
        status_id = known.status_id(tx, urls, activity.object_uri)
        if status_id is not None:
            favourites.favourite(tx, urls, arrival.sender.id, status_id, uri=activity.id)

    return apply
