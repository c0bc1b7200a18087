# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mutes: whoever is muted does not know, and appears in no list that the member reads. Some end by themselves."""

import sqlalchemy as sa

from appliance.errors import Refused
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import mutes, notifications
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.services import refill
from appliance.fediverse.services.accounts import by_id
from appliance.fediverse.services.missing import missing

LONGEST_SECONDS = 10 * 365 * 24 * 3600


def mute(tx: Tx, account_id: int, target_id: int, *, with_notifications: bool = True, seconds: int = 0) -> None:
    """Mute for so long, 0 for ever; muting again changes the mute. Raises HearthError not-found, Refused."""
    if by_id(tx, target_id) is None:
        raise missing()
    if account_id == target_id:
        raise Refused("mute-refused", "This action is not allowed")
    seconds = max(0, min(seconds, LONGEST_SECONDS))
    values = {"notifications": with_notifications, "expires_at": tx.now_ms + seconds * 1000 if seconds else None}
    changed = tx.execute(sa.update(mutes).where(_mine(account_id, target_id)).values(**values))
    if not changed.rowcount:
        tx.execute(
            sa.insert(mutes).values(
                id=tx.next_id(), account_id=account_id, target_id=target_id, created_at=tx.now_ms, **values
            )
        )
    if seconds:
        tx.topics.add(Topic.SCHEDULED)
    refill.clear(tx, account_id, target_id)
    if with_notifications:
        mine = notifications.c.account_id == account_id
        tx.execute(sa.delete(notifications).where(mine, notifications.c.from_account_id == target_id))


def unmute(tx: Tx, account_id: int, target_id: int) -> None:
    """Nothing happens if there is no mute. What was written meanwhile by somebody followed comes home."""
    if tx.execute(sa.delete(mutes).where(_mine(account_id, target_id))).rowcount:
        refill.followed(tx, account_id, target_id)


def end_one(tx: Tx) -> bool:
    """End a mute whose time is over; false if there is none."""
    row = tx.one(sa.select(mutes).where(mutes.c.expires_at <= tx.now_ms).order_by(mutes.c.expires_at).limit(1))
    if row is not None:
        unmute(tx, row.account_id, row.target_id)
    return row is not None


def next_due(tx: Tx) -> int | None:
    """When the next one ends, in milliseconds since 1970."""
    soonest: int | None = tx.execute(sa.select(sa.func.min(mutes.c.expires_at))).scalar_one()
    return soonest


def _mine(account_id: int, target_id: int) -> "sa.ColumnElement[bool]":
    return sa.and_(mutes.c.account_id == account_id, mutes.c.target_id == target_id)
