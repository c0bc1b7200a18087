# SPDX-License-Identifier: AGPL-3.0-or-later
"""Add, Update, Remove and Delete of collections of accounts (FEP-7aa9), and of who is in them.

A collection is kept if its owner is followed here, or if a member is in it. Who is in it is read from its server by an
errand when a member looks: everybody in it has a server of her own to be asked, and how often that happens must not be
for its owner to say.
"""

from appliance.fediverse.activitypub import featured_collections, known, reading
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import collection_items, errands, remote_collections
from appliance.fediverse.services.errands import Errand


def add(arrival: Arrival) -> Apply | None:
    """A new collection, or somebody new in one."""
    if _kind(arrival) == featured_collections.KIND:
        return _told(arrival)
    urls, target = arrival.urls, reading.uri(arrival.activity.document.get("target"))
    item = featured_collections.item(arrival.activity.embedded or {}, arrival.sender.uri)

    def apply(tx: Tx) -> None:
        row = remote_collections.find(tx, arrival.sender.id, target)
        member = known.local_account(tx, urls, item.account) if row is not None and item is not None else None
        if row is not None and item is not None and member is not None:
            remote_collections.note_item(tx, row.id, member.id, item.uri)
        elif row is None and target == arrival.sender.featured_collections_uri and _followed(tx, arrival):
            errands.want(tx, Errand.COLLECTIONS, str(arrival.sender.id))

    return apply if target is not None else None


def change(arrival: Arrival) -> Apply | None:
    """None for what is no collection."""
    return _told(arrival) if _kind(arrival) == featured_collections.KIND else None


def remove(arrival: Arrival) -> Apply | None:
    """A collection is gone, or somebody is in one no more."""
    uri = arrival.activity.object_uri
    if uri is None:
        return None

    def apply(tx: Tx) -> None:
        if not remote_collections.drop(tx, arrival.sender.id, uri):
            remote_collections.drop_item(tx, arrival.sender.id, uri)

    return apply


def deleted(tx: Tx, arrival: Arrival, uri: str) -> bool:
    """Whether what was deleted was a collection or a stamp, and not a post."""
    collection_items.stamp_gone(tx, arrival.urls, arrival.sender.id, uri)
    return remote_collections.drop(tx, arrival.sender.id, uri)


def _kind(arrival: Arrival) -> str:
    return reading.kind(arrival.activity.embedded or {})


def _told(arrival: Arrival) -> Apply:
    """Raises BadInput bad-document, also for somebody else's."""
    told = featured_collections.read(arrival.activity.embedded or {}, arrival.sender.uri)

    def apply(tx: Tx) -> None:
        if remote_collections.find(tx, arrival.sender.id, told.uri) is not None or _followed(tx, arrival):
            remote_collections.store(tx, arrival.sender.id, told)

    return apply


def _followed(tx: Tx, arrival: Arrival) -> bool:
    return arrival.followed or known.followed_here(tx, arrival.sender.id)
