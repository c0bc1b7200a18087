# SPDX-License-Identifier: AGPL-3.0-or-later
"""QuoteRequest (FEP-044f): may this post of yours be quoted? Nobody here can say yes yet: the answer is no at once."""

from appliance.fediverse.activitypub import known, outgoing, reading
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import statuses


def refuse(arrival: Arrival) -> Apply | None:
    urls, sender, activity = arrival.urls, arrival.sender, arrival.activity
    quoting = reading.uri(activity.document.get("instrument"))
    if activity.id is None or quoting is None or not reading.same_origin(quoting, sender.uri):
        return None

    def apply(tx: Tx) -> None:
        status_id = known.status_id(tx, urls, activity.object_uri)
        if status_id is not None:
            statuses.seen_by(tx, sender.id, status_id)  # who may not see it is told nothing of it
            outgoing.quote_refused(tx, urls, status_id, sender, activity.id or "", quoting)

    return apply
