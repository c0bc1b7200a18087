# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see a status: the one place that says so, as a check and in SQL for lists.

A public or unlisted status is for everybody, one for followers for its author's followers and those it mentions, a
direct one for its author and those it mentions. Whoever is blocked by its author sees none of them, and the status of
an account that is suspended or gone is seen by nobody.
"""

from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, blocks, follows, mentions, statuses
from appliance.fediverse.model import FollowState, Visibility

NOBODY = 0  # the viewer's id when nobody is logged in; no account has it
OPEN = (Visibility.PUBLIC.value, Visibility.UNLISTED.value)


def may_see(tx: Tx, viewer_id: int | None, status: sa.Row[Any]) -> bool:
    """`status` is a row of `statuses`. A boost is seen by whoever may see both it and what it boosts."""
    return tx.exists(_SEEN, {"status_id": status.id, "viewer_id": viewer_id or NOBODY})


def visible(status: Any = statuses) -> "sa.ColumnElement[bool]":
    """True for rows of `status` (the table or an alias) that the bound `viewer_id` may see."""
    boosted = sa.alias(statuses)
    original = sa.exists().where(boosted.c.id == status.c.boost_of_id, _visible_itself(boosted))
    return sa.and_(_visible_itself(status), sa.or_(status.c.boost_of_id.is_(None), original))


def blocked(one: Any, other: Any) -> "sa.ColumnElement[bool]":
    """True if either of two account ids blocks the other."""
    block = sa.alias(blocks)
    return sa.or_(
        sa.exists().where(block.c.account_id == one, block.c.target_id == other),
        sa.exists().where(block.c.account_id == other, block.c.target_id == one),
    )


def not_blocking(author_id: Any) -> "sa.ColumnElement[bool]":
    """True unless the bound `viewer_id` and this author block one another: what lists leave out."""
    return sa.not_(blocked(author_id, sa.bindparam("viewer_id")))


def _visible_itself(status: Any) -> "sa.ColumnElement[bool]":
    viewer: sa.BindParameter[int] = sa.bindparam("viewer_id")
    mention, follow, block, author = sa.alias(mentions), sa.alias(follows), sa.alias(blocks), sa.alias(accounts)
    mentioned = sa.exists().where(mention.c.status_id == status.c.id, mention.c.account_id == viewer)
    following = sa.exists().where(
        follow.c.follower_id == viewer,
        follow.c.followee_id == status.c.account_id,
        follow.c.state == FollowState.ACCEPTED.value,
    )
    blocking = sa.exists().where(block.c.account_id == status.c.account_id, block.c.target_id == viewer)
    present = sa.exists().where(
        author.c.id == status.c.account_id, author.c.suspended_at.is_(None), author.c.deleted_at.is_(None)
    )
    return sa.and_(
        present,
        sa.or_(
            status.c.account_id == viewer,
            sa.and_(
                sa.not_(blocking),
                sa.or_(
                    status.c.visibility.in_(OPEN),
                    mentioned,
                    sa.and_(status.c.visibility == Visibility.FOLLOWERS.value, following),
                ),
            ),
        ),
    )


_SEEN = sa.select(statuses.c.id).where(statuses.c.id == sa.bindparam("status_id"), visible())
