# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accept and Reject: they count only for what one of ours did ask this sender: to follow, to quote, to recommend."""

from appliance.errors import Refused
from appliance.fediverse.activitypub import known, reading
from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.activitypub.incoming import feature_requests, quote_requests, relayed
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.model import FollowState
from appliance.fediverse.services import errands, follows
from appliance.fediverse.services.errands import Errand


def answer(arrival: Arrival) -> Apply:
    of_relay = relayed.answer(arrival)
    if of_relay is not None:
        return of_relay
    of_quote = quote_requests.answer(arrival)
    if of_quote is not None:
        return of_quote
    of_feature = feature_requests.answer(arrival)
    if of_feature is not None:
        return of_feature
    urls, sender = arrival.urls, arrival.sender

    def apply(tx: Tx) -> None:
        follow = _our_follow(tx, arrival)
        if follow is None:
            return
        if arrival.activity.kind == "Reject":
            follows.reject(tx, urls, sender.id, follow.follower_id)
        elif follow.state == FollowState.PENDING.value:
            follows.accept(tx, urls, sender.id, follow.follower_id)
            if sender.featured_uri is not None:
                errands.want(tx, Errand.FEATURED, str(sender.id))
            if sender.featured_collections_uri is not None:
                errands.want(tx, Errand.COLLECTIONS, str(sender.id))

    return apply


def _our_follow(tx: Tx, arrival: Arrival) -> Row | None:
    """The Follow that an answer is about: given whole, or by the id that we gave it."""
    urls, sender, inner = arrival.urls, arrival.sender, arrival.activity.embedded or {}
    if reading.kind(inner) not in ("", "Follow"):
        return None
    if inner.get("actor") is not None:
        if reading.uri(inner.get("object")) not in (None, sender.uri):
            raise Refused("not-yours", "Nobody can answer for another.")
        follower = known.local_account(tx, urls, reading.uri(inner.get("actor")))
        return follows.find(tx, follower.id, sender.id) if follower is not None else None
    address, _, fragment = (arrival.activity.object_uri or "").partition("#")
    follower = known.local_account(tx, urls, address)
    number = fragment.removeprefix("follows/")
    if follower is None or not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    row = follows.find(tx, follower.id, sender.id)
    return row if row is not None and row.id == int(number) else None
