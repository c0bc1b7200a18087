# SPDX-License-Identifier: AGPL-3.0-or-later
"""An account moved: its followers here follow the new one instead."""

import contextlib

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows
from appliance.fediverse.model import FollowState
from appliance.fediverse.services.follows import follow, unfollow
from appliance.fediverse.urls import Urls

_FOLLOWERS_HERE = (
    sa.select(follows.c.follower_id, follows.c.boosts, follows.c.notify)
    .join(accounts, accounts.c.id == follows.c.follower_id)
    .where(
        follows.c.followee_id == sa.bindparam("old_id"),
        follows.c.state == FollowState.ACCEPTED.value,
        accounts.c.domain == "",
    )
)


def move(tx: Tx, urls: Urls, old_id: int, new_id: int) -> None:
    """Both ends were asked before. Whoever may not follow the new account stays with the old."""
    if old_id == new_id:
        return
    back = sa.select(accounts.c.id).where(accounts.c.id == new_id, accounts.c.moved_to_id == old_id)
    if tx.exists(back):
        return
    tx.execute(sa.update(accounts).where(accounts.c.id == old_id).values(moved_to_id=new_id))
    for row in tx.all(_FOLLOWERS_HERE, {"old_id": old_id}):
        with contextlib.suppress(HearthError):
            follow(tx, urls, row.follower_id, new_id, boosts=row.boosts, notify=row.notify)
            unfollow(tx, urls, row.follower_id, old_id)
