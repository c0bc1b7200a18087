# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see a status: the one place that says so, as a check and in SQL for lists.

A public or unlisted status is for everybody, one for followers for its author's followers and those it mentions, a
direct one for its author and those it mentions. Whoever is blocked by its author sees none of them, nor does whoever is
of a domain that its author blocks, and the status of an account that is suspended or gone is seen by nobody.

Beyond that, lists leave out whom the reader does not want to meet (`welcome`): nobody is hidden from those who look for
her, so that a mute can be taken back. A mute that ends at some time is removed when it does (services/mutes.py).
"""

from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, blocks, follows, mentions, mutes, statuses, user_domain_blocks
from appliance.fediverse.model import FollowState, Visibility

NOBODY = 0  # the viewer's id when nobody is logged in; no account has it
OPEN = (Visibility.PUBLIC.value, Visibility.UNLISTED.value)


def may_see(tx: Tx, viewer_id: int | None, status: sa.Row[Any]) -> bool:
    """`status` is a row of `statuses`. A boost is seen by whoever may see both it and what it boosts."""
    return tx.exists(_SEEN, {"status_id": status.id, "viewer_id": viewer_id or NOBODY})


def is_shown_as(status: Any, *wanted: Visibility) -> "sa.ColumnElement[bool]":
    """True for rows of `status` with one of these visibilities.

    They are written into the query: a parameter that could decide whether a partial index may be used makes SQLite
    plan the whole query anew whenever it is asked, which takes longer than to answer it.
    """
    values = [sa.literal_column(f"'{each.value}'", sa.String) for each in wanted]
    column: sa.Column[str] = status.c.visibility
    return column == values[0] if len(values) == 1 else column.in_(values)


def visible(status: Any = statuses) -> "sa.ColumnElement[bool]":
    """True for rows of `status` (the table or an alias) that the bound `viewer_id` may see."""
    boosted = again(statuses)
    original = sa.exists().where(boosted.c.id == status.c.boost_of_id, _visible_itself(boosted))
    return sa.and_(_visible_itself(status), sa.or_(status.c.boost_of_id.is_(None), original))


def blocked(one: Any, other: Any) -> "sa.ColumnElement[bool]":
    """True if either of two account ids blocks the other."""
    block = again(blocks)
    return sa.or_(
        sa.exists().where(block.c.account_id == one, block.c.target_id == other),
        sa.exists().where(block.c.account_id == other, block.c.target_id == one),
    )


def not_blocking(author_id: Any) -> "sa.ColumnElement[bool]":
    """True unless the bound `viewer_id` and this author block one another: what lists leave out."""
    return sa.not_(blocked(author_id, sa.bindparam("viewer_id")))


def muted(reader_id: Any, author_id: Any) -> "sa.ColumnElement[bool]":
    """True if the one has muted the other."""
    mute = again(mutes)
    return sa.exists().where(mute.c.account_id == reader_id, mute.c.target_id == author_id)


def domain_blocked(reader_id: Any, author_id: Any) -> "sa.ColumnElement[bool]":
    """True if the one has blocked the domain that the other is of."""
    block, author = again(user_domain_blocks), again(accounts)
    return sa.exists().where(
        block.c.account_id == reader_id, block.c.domain == author.c.domain, author.c.id == author_id
    )


def unwelcome(reader_id: Any, author_id: Any) -> "sa.ColumnElement[bool]":
    """True if lists that the one reads leave out the other: blocked by either, muted, or of a blocked domain."""
    return sa.or_(blocked(reader_id, author_id), muted(reader_id, author_id), domain_blocked(reader_id, author_id))


def welcome(author_id: Any) -> "sa.ColumnElement[bool]":
    """True for authors whom lists show to the bound `viewer_id`."""
    return sa.not_(unwelcome(sa.bindparam("viewer_id"), author_id))


def boost_welcome(status: Any = statuses) -> "sa.ColumnElement[bool]":
    """True unless a status is a boost of somebody whom lists leave out."""
    original = again(statuses)
    return sa.or_(
        status.c.boost_of_id.is_(None),
        sa.exists().where(original.c.id == status.c.boost_of_id, welcome(original.c.account_id)),
    )


def listed(author_id: Any) -> "sa.ColumnElement[bool]":
    """True for authors whom public timelines show to the bound `viewer_id`: not those whom moderators have limited,
    except to those who follow them."""
    author, follow = again(accounts), again(follows)
    viewer: sa.BindParameter[int] = sa.bindparam("viewer_id")
    limited = sa.exists().where(author.c.id == author_id, author.c.silenced_at.is_not(None), author.c.id != viewer)
    following = sa.exists().where(
        follow.c.follower_id == viewer,
        follow.c.followee_id == author_id,
        follow.c.state == FollowState.ACCEPTED.value,
    )
    return sa.or_(sa.not_(limited), following)


def _visible_itself(status: Any) -> "sa.ColumnElement[bool]":
    viewer: sa.BindParameter[int] = sa.bindparam("viewer_id")
    mention, follow, block, author = again(mentions), again(follows), again(blocks), again(accounts)
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
                    is_shown_as(status, Visibility.PUBLIC, Visibility.UNLISTED),
                    mentioned,
                    sa.and_(is_shown_as(status, Visibility.FOLLOWERS), following),
                ),
            ),
        ),
    )


# Only for the check of one status: whoever reads lists is a member, and of no domain that could be blocked.
_SEEN = sa.select(statuses.c.id).where(
    statuses.c.id == sa.bindparam("status_id"),
    visible(),
    sa.not_(domain_blocked(statuses.c.account_id, sa.bindparam("viewer_id"))),
)
