# SPDX-License-Identifier: AGPL-3.0-or-later
"""Boosts: somebody's status shown to one's own followers. A boost is a row of `statuses` with `boost_of_id`."""

import sqlalchemy as sa

from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import statuses, tombstones
from appliance.fediverse.model import NotificationKind, Visibility
from appliance.fediverse.services import accounts, blocks, fanout, notifications, search_index, stream_events
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.status_rows import count, seen_by
from appliance.fediverse.services.visibility import OPEN
from appliance.fediverse.urls import Urls

_COUNT = (
    sa.update(statuses)
    .where(statuses.c.id == sa.bindparam("original_id"))
    .values(boosts_count=statuses.c.boosts_count + sa.bindparam("step"))
)


def boost(
    tx: Tx,
    urls: Urls,
    actor_id: int,
    status_id: int,
    *,
    visibility: Visibility = Visibility.PUBLIC,
    uri: str | None = None,
    created_at: int | None = None,
) -> int:
    """Boost once; a second time answers the first. A boost of a boost boosts what that one shows.

    What is for followers only may be boosted by its author alone, and nothing direct by anybody.
    Raises HearthError not-found, Refused.
    """
    status = seen_by(tx, actor_id, status_id)
    if status.boost_of_id is not None:
        status = seen_by(tx, actor_id, status.boost_of_id)
    blocks.refuse_blocked(tx, actor_id, status.account_id)
    own_for_followers = status.account_id == actor_id and status.visibility == Visibility.FOLLOWERS.value
    booster = accounts.by_id(tx, actor_id)
    if booster is None or (status.visibility not in OPEN and not own_for_followers):
        raise missing()
    known = find(tx, actor_id, status.id)
    if known is not None:
        return known
    if uri is not None and tx.exists(sa.select(tombstones.c.uri).where(tombstones.c.uri == uri)):
        raise missing()
    boost_id = tx.next_id()
    shown_to = Visibility.FOLLOWERS if own_for_followers else visibility
    tx.execute(
        sa.insert(statuses).values(
            id=boost_id,
            account_id=actor_id,
            uri=uri,
            visibility=shown_to.value,
            boost_of_id=status.id,
            conversation_id=status.conversation_id,
            attachments=[],
            local=not booster.domain,
            created_at=created_at or tx.now_ms,
        )
    )
    tx.execute(_COUNT, {"original_id": status.id, "step": 1})
    count(tx, actor_id, 1, tx.now_ms)
    fanout.boost(tx, boost_id, booster, status)
    if not booster.domain:
        search_index.meet(tx, actor_id, status)
    notifications.notify(tx, status.account_id, NotificationKind.BOOST, actor_id, status.id)
    outgoing.boosted(tx, urls, boost_id)
    return boost_id


def unboost(tx: Tx, urls: Urls, actor_id: int, status_id: int) -> None:
    """Take a boost back; `status_id` is what was boosted. Nothing happens if there is none."""
    boost_id = find(tx, actor_id, status_id)
    if boost_id is None:
        return
    outgoing.unboosted(tx, urls, boost_id)
    stream_events.status_deleted(tx, boost_id)
    tx.execute(sa.delete(statuses).where(statuses.c.id == boost_id))
    tx.execute(_COUNT, {"original_id": status_id, "step": -1})
    count(tx, actor_id, -1)
    original = tx.one(sa.select(statuses.c.account_id).where(statuses.c.id == status_id))
    if original is not None:
        notifications.withdraw(tx, original.account_id, NotificationKind.BOOST, actor_id, status_id)


def find(tx: Tx, actor_id: int, status_id: int) -> int | None:
    mine = sa.and_(statuses.c.boost_of_id == status_id, statuses.c.account_id == actor_id)
    row = tx.one(sa.select(statuses.c.id).where(mine))
    return None if row is None else int(row.id)
