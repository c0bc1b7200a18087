# SPDX-License-Identifier: AGPL-3.0-or-later
"""FeatureRequest (FEP-7aa9): may this member be in a collection of yours? And the answers to those that we sent."""

import contextlib

from appliance.errors import HearthError
from appliance.fediverse.activitypub import featured_collections, known, outgoing, reading
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import accounts, collection_items, feature_policy, remote_collections
from appliance.fediverse.services.remote import RemoteCollection


def ask(arrival: Arrival) -> Apply | None:
    """Who may is told where that is written down; it is by the collection, which is kept for it."""
    urls, sender, activity = arrival.urls, arrival.sender, arrival.activity
    uri = reading.uri(activity.document.get("instrument"))
    if activity.id is None or uri is None or not reading.same_origin(uri, sender.uri):
        return None
    with arrival.context.database.read() as tx:
        member = known.local_account(tx, urls, activity.object_uri)
        may = member is not None and feature_policy.may(tx, sender.id, member)
    told = _collection(arrival, uri) if may else None
    request: Document = {
        "id": activity.id,
        "type": "FeatureRequest",
        "actor": sender.uri,
        "object": activity.object_uri,
        "instrument": uri,
    }

    def apply(tx: Tx) -> None:
        member = known.local_account(tx, urls, activity.object_uri)
        if member is None:
            return
        owner = accounts.by_id(tx, sender.id)
        item_id = None
        if owner is not None and told is not None and feature_policy.may(tx, owner.id, member):
            collection_id = remote_collections.store(tx, owner.id, told)
            if collection_id is not None:
                item_id = collection_items.grant(tx, collection_id, owner.id, member.id)
        if item_id is not None:
            outgoing.feature_granted(tx, urls, member, item_id, sender, request)
        else:
            outgoing.feature_refused(tx, urls, member, sender, request)

    return apply


def answer(arrival: Arrival) -> Apply | None:
    """Accept or Reject of what was asked from here; None if it answers something else."""
    urls, sender, activity = arrival.urls, arrival.sender, arrival.activity
    item_id = _asked(activity.object_uri or "")
    if item_id is None or not urls.is_ours(activity.object_uri or ""):
        return None
    stamp = reading.uri(activity.document.get("result")) if activity.kind == "Accept" else None
    if stamp is not None and not reading.same_origin(stamp, sender.uri):
        stamp = None

    def apply(tx: Tx) -> None:
        if stamp is not None or activity.kind == "Reject":
            collection_items.answered(tx, urls, sender.id, item_id, stamp)

    return apply


def _asked(uri: str) -> int | None:
    """The item for which a request with this id, which we gave it, asked."""
    _, _, number = uri.partition("#feature_requests/")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None


def _collection(arrival: Arrival, uri: str) -> RemoteCollection | None:
    """The sender's own; as it was stored, or fetched."""
    with contextlib.suppress(HearthError):
        return featured_collections.read(arrival.fetch(uri), arrival.sender.uri)
    return None
