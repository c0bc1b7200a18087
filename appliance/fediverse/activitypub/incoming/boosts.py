# SPDX-License-Identifier: AGPL-3.0-or-later
"""Announce: a boost, of a post that may have to be fetched first."""

from appliance.fediverse.activitypub import known, notes, reading
from appliance.fediverse.activitypub.incoming import relayed
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.activitypub.reading import unfit
from appliance.fediverse.db.database import Tx
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import boosts, relays


def announce(arrival: Arrival) -> Apply | None:
    urls, sender, activity, uri = arrival.urls, arrival.sender, arrival.activity, arrival.activity.object_uri
    if uri is None:
        return None
    if activity.id is None:
        raise unfit("An Announce needs an id.")
    with arrival.context.database.read() as tx:
        unknown = known.status_id(tx, urls, uri) is None
        wanted = not unknown or known.followed_here(tx, sender.id)
        by_relay = not wanted and relays.of_origin(tx, reading.origin(sender.uri)) is not None
    if by_relay:
        relayed.hand_on(arrival)
        return None
    to, cc = reading.uris(activity.document.get("to")), reading.uris(activity.document.get("cc"))
    visibility = notes.visibility_of(to, cc, sender.followers_uri)
    if visibility is Visibility.DIRECT:
        return None
    if not wanted or (unknown and urls.is_ours(uri)):
        return None
    if unknown:
        with arrival.resolver() as resolver:
            resolver.status(uri)
    published = reading.moment(activity.document.get("published"))

    def apply(tx: Tx) -> None:
        status_id = known.status_id(tx, urls, uri)
        if status_id is not None:
            at = min(published, tx.now_ms) if published else tx.now_ms
            boosts.boost(tx, urls, sender.id, status_id, visibility=visibility, uri=activity.id, created_at=at)

    return apply
