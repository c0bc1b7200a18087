# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whom of those a member follows somebody else is followed by."""

from collections.abc import Sequence

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows
from appliance.fediverse.model import FollowState
from appliance.fediverse.services.visibility import welcome

MOST = 40  # for each account asked about

_theirs, _ours = again(follows), again(follows)
_target, _friend = again(accounts), again(accounts)
_FOLLOWERS = (
    sa.select(_friend.c.id)
    .select_from(_theirs)
    .join(_ours, _ours.c.followee_id == _theirs.c.follower_id)
    .join(_friend, _friend.c.id == _theirs.c.follower_id)
    .join(_target, _target.c.id == _theirs.c.followee_id)
    .where(
        _theirs.c.followee_id == sa.bindparam("target_id"),
        _theirs.c.state == FollowState.ACCEPTED.value,
        _ours.c.follower_id == sa.bindparam("viewer_id"),
        _ours.c.state == FollowState.ACCEPTED.value,
        sa.not_(_target.c.hide_collections),
        sa.not_(_friend.c.hide_collections),
        _friend.c.suspended_at.is_(None),
        welcome(_friend.c.id),
    )
    .order_by(_friend.c.id)
    .limit(MOST)
)


def followers(tx: Tx, viewer_id: int, account_ids: Sequence[int]) -> dict[int, list[int]]:
    """Ids by account; those who hide whom they follow, or by whom they are followed, are kept out of it."""
    return {
        each: [row.id for row in tx.all(_FOLLOWERS, {"target_id": each, "viewer_id": viewer_id})]
        for each in account_ids
    }
