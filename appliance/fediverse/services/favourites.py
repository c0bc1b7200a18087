# SPDX-License-Identifier: AGPL-3.0-or-later
"""Favourites."""

import sqlalchemy as sa

from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import favourites, statuses
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.services import blocks, notifications, search_index
from appliance.fediverse.services.status_rows import seen_by
from appliance.fediverse.urls import Urls

_FIND = sa.select(favourites.c.id).where(
    favourites.c.status_id == sa.bindparam("status_id"), favourites.c.account_id == sa.bindparam("account_id")
)
_COUNT = (
    sa.update(statuses)
    .where(statuses.c.id == sa.bindparam("favoured_id"))
    .values(favourites_count=statuses.c.favourites_count + sa.bindparam("step"))
)


def favourite(tx: Tx, urls: Urls, actor_id: int, status_id: int, *, uri: str | None = None) -> None:
    """Favouring twice changes nothing. Raises HearthError not-found, Refused."""
    status = seen_by(tx, actor_id, status_id)
    blocks.refuse_blocked(tx, actor_id, status.account_id)
    if tx.exists(_FIND, {"status_id": status_id, "account_id": actor_id}):
        return
    favourite_id = tx.next_id()
    tx.execute(
        sa.insert(favourites).values(
            id=favourite_id, account_id=actor_id, status_id=status_id, uri=uri, created_at=tx.now_ms
        )
    )
    tx.execute(_COUNT, {"favoured_id": status_id, "step": 1})
    search_index.meet(tx, actor_id, status)
    notifications.notify(tx, status.account_id, NotificationKind.FAVOURITE, actor_id, status_id)
    outgoing.favourited(tx, urls, favourite_id)


def unfavourite(tx: Tx, urls: Urls, actor_id: int, status_id: int) -> None:
    """Nothing happens if it is no favourite."""
    known = tx.one(_FIND, {"status_id": status_id, "account_id": actor_id})
    if known is None:
        return
    outgoing.unfavourited(tx, urls, known.id)
    tx.execute(sa.delete(favourites).where(favourites.c.id == known.id))
    tx.execute(_COUNT, {"favoured_id": status_id, "step": -1})
    author = tx.one(sa.select(statuses.c.account_id).where(statuses.c.id == status_id))
    if author is not None:
        notifications.withdraw(tx, author.account_id, NotificationKind.FAVOURITE, actor_id, status_id)
