# SPDX-License-Identifier: AGPL-3.0-or-later
"""Flag: a report by another server's moderators. It names an account of ours, and some of its posts perhaps."""

from appliance.fediverse.activitypub import known, reading
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import collections, reports, statuses

MAX_COMMENT = 5000


def flag(arrival: Arrival) -> Apply | None:
    urls, activity = arrival.urls, arrival.activity
    uris = [uri for uri in reading.uris(activity.document.get("object")) if urls.is_ours(uri)]
    comment = reading.text(activity.document, "content", MAX_COMMENT)

    def apply(tx: Tx) -> None:
        status_ids = [found for uri in uris if (found := known.status_id(tx, urls, uri)) is not None]
        collection_ids = [found for uri in uris if (found := urls.collection_id(uri)) is not None]
        accounts = [row.id for uri in uris if (row := known.local_account(tx, urls, uri)) is not None]
        if not accounts:  # some name only the posts, or collections
            rows = [statuses.by_id(tx, status_id) for status_id in status_ids]
            rows += collections.by_ids(tx, collection_ids).values()
            accounts = [row.account_id for row in rows if row is not None]
        if accounts:
            sender = arrival.sender.id
            named = {"status_ids": status_ids, "collection_ids": collection_ids}
            reports.receive(tx, sender, accounts[0], comment=comment, uri=activity.id, **named)

    return apply if uris else None
