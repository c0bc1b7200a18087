# SPDX-License-Identifier: AGPL-3.0-or-later
"""Add and Remove: posts that somebody pins or no longer pins, which is what `featured` holds."""

import contextlib

from appliance.errors import HearthError
from appliance.fediverse.activitypub import known, reading
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import accounts, pins


def add(arrival: Arrival) -> Apply | None:
    uri = _pinned(arrival)
    if uri is None:
        return None
    with arrival.context.database.read() as tx:
        wanted = known.followed_here(tx, arrival.sender.id)
        unknown = known.status_id(tx, arrival.urls, uri) is None
    if unknown and not wanted:
        return None
    if unknown:
        with contextlib.suppress(HearthError), arrival.resolver() as resolver:
            resolver.status(uri)

    def apply(tx: Tx) -> None:
        status_id = known.status_id(tx, arrival.urls, uri)
        if status_id is not None:
            pins.receive_add(tx, arrival.sender.id, status_id)

    return apply


def remove(arrival: Arrival) -> Apply | None:
    uri = _pinned(arrival)

    def apply(tx: Tx) -> None:
        status_id = known.status_id(tx, arrival.urls, uri)
        if status_id is not None:
            pins.receive_remove(tx, arrival.sender.id, status_id)

    return apply if uri is not None else None


def _pinned(arrival: Arrival) -> str | None:
    """The post, if this is about the sender's own `featured` and not some other collection."""
    target = reading.uri(arrival.activity.document.get("target"))
    with arrival.context.database.read() as tx:
        sender = accounts.by_id(tx, arrival.sender.id)  # as it is now: the collection may be new
    if target is None or sender is None or target != sender.featured_uri:
        return None
    uri = arrival.activity.object_uri
    arrival.require_own(uri, "Nobody can pin what is another's.")
    return uri
