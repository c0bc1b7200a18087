# SPDX-License-Identifier: AGPL-3.0-or-later
"""Undo of whatever can be undone: by what it was about, or, where only its id is given, by that."""

from collections.abc import Callable

import sqlalchemy as sa

from appliance.errors import Refused
from appliance.fediverse.activitypub import known, reading
from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import blocks, favourites, follows, statuses
from appliance.fediverse.services import blocks as block_services
from appliance.fediverse.services import boosts as boost_services
from appliance.fediverse.services import favourites as favourite_services
from appliance.fediverse.services import follows as follow_services
from appliance.fediverse.urls import Urls

# Services that take back what an account did to an account or a status, by id.
TakeBack = Callable[[Tx, Urls, int, int], None]
OF_ACCOUNTS: dict[str, TakeBack] = {"Follow": follow_services.unfollow, "Block": block_services.unblock}
OF_STATUSES: dict[str, TakeBack] = {
    "Like": favourite_services.unfavourite,
    "EmojiReact": favourite_services.unfavourite,
    "Announce": boost_services.unboost,
}


def undo(arrival: Arrival) -> Apply | None:
    urls, sender, activity = arrival.urls, arrival.sender, arrival.activity
    uri, inner = activity.object_uri, activity.embedded or {}
    if inner and reading.uri(inner.get("actor")) != sender.uri:
        raise Refused("not-yours", "Nobody can take back what another did.")
    arrival.require_own(uri, "Nobody can take back what another did.")
    kind, thing = reading.kind(inner), reading.uri(inner.get("object"))

    def apply(tx: Tx) -> None:
        if kind in OF_ACCOUNTS:
            target = known.local_account(tx, urls, thing)
            if target is not None:
                OF_ACCOUNTS[kind](tx, urls, sender.id, target.id)
        elif kind in OF_STATUSES and (status_id := known.status_id(tx, urls, thing)) is not None:
            OF_STATUSES[kind](tx, urls, sender.id, status_id)
        elif kind in OF_STATUSES or not kind:
            _by_id(tx, arrival, uri)

    return apply


def _by_id(tx: Tx, arrival: Arrival, uri: str | None) -> None:
    """Only what this sender did: the id alone proves nothing."""
    urls, sender = arrival.urls, arrival.sender
    if uri is None:
        return
    if (follow := _first(tx, follows, uri, follows.c.follower_id == sender.id)) is not None:
        follow_services.unfollow(tx, urls, sender.id, follow.followee_id)
    if (like := _first(tx, favourites, uri, favourites.c.account_id == sender.id)) is not None:
        favourite_services.unfavourite(tx, urls, sender.id, like.status_id)
    if (block := _first(tx, blocks, uri, blocks.c.account_id == sender.id)) is not None:
        block_services.unblock(tx, urls, sender.id, block.target_id)
    boost = _first(tx, statuses, uri, statuses.c.account_id == sender.id)
    if boost is not None and boost.boost_of_id is not None:
        boost_services.unboost(tx, urls, sender.id, boost.boost_of_id)


def _first(tx: Tx, table: sa.Table, uri: str, by_sender: "sa.ColumnElement[bool]") -> Row | None:
    return tx.execute(sa.select(table).where(table.c.uri == uri, by_sender).limit(1)).first()
