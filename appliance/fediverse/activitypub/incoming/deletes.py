# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delete: of an account by itself, of a post, a collection, or of leave that was given."""

from appliance.fediverse.activitypub.incoming import collections
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import accounts, statuses


def delete(arrival: Arrival) -> Apply | None:
    urls, sender, uri = arrival.urls, arrival.sender, arrival.activity.object_uri
    if uri is None:
        return None
    if uri == sender.uri:
        return lambda tx: accounts.delete_remote(tx, urls, uri)
    arrival.require_own(uri, "Nobody can delete what is another's.")

    def apply(tx: Tx) -> None:
        if not collections.deleted(tx, arrival, uri):
            statuses.delete_remote(tx, urls, sender.id, uri)

    return apply
