# SPDX-License-Identifier: AGPL-3.0-or-later
"""Home timelines, filled when something is written, so that reading one is a look-up in an index.

A reply reaches those followers who also follow the person replied to (as in Mastodon); a boost is left out where the
reader had the same status within the last day.
"""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.ids import floor
from appliance.fediverse.db.tables import accounts, blocks, follows, home, mentions, statuses
from appliance.fediverse.model import FollowState, Visibility
from appliance.fediverse.services.visibility import OPEN, blocked

FILL = 40
_ACCEPTED = FollowState.ACCEPTED.value


def _readers() -> "tuple[sa.Select[Any], Any]":
    """Followers of the bound `author_id` who are at home here, and the follows that made them so."""
    follow, reader = sa.alias(follows), sa.alias(accounts)
    readers = (
        sa.select(follow.c.follower_id, sa.bindparam("new_id", type_=sa.BigInteger))
        .join_from(follow, reader, reader.c.id == follow.c.follower_id)
        .where(
            follow.c.followee_id == sa.bindparam("author_id"),
            follow.c.state == _ACCEPTED,
            reader.c.domain == "",
            follow.c.follower_id != sa.bindparam("author_id"),
        )
    )
    return readers, follow


def _into_home(select: "sa.Select[Any]") -> sa.Insert:
    return sa.insert(home).from_select(["account_id", "status_id"], select)


def _post_statement() -> sa.Insert:
    readers, follow = _readers()
    reader_id, reply_to = follow.c.follower_id, sa.bindparam("reply_to", type_=sa.BigInteger)
    other, block, mention = sa.alias(follows), sa.alias(blocks), sa.alias(mentions)
    knows = sa.exists().where(
        other.c.follower_id == reader_id, other.c.followee_id == reply_to, other.c.state == _ACCEPTED
    )
    mentions_blocked = sa.exists().where(
        mention.c.status_id == sa.bindparam("new_id"),
        mention.c.account_id == block.c.target_id,
        block.c.account_id == reader_id,
    )
    meant = sa.or_(reply_to == 0, reply_to == sa.bindparam("author_id"), reader_id == reply_to, knows)
    return _into_home(readers.where(meant, sa.not_(mentions_blocked)))


def _seen_lately(reader_id: Any) -> "sa.ColumnElement[bool]":
    shown, status = sa.alias(home), sa.alias(statuses)
    original = sa.bindparam("original_id", type_=sa.BigInteger)
    return sa.exists().where(
        shown.c.account_id == reader_id,
        shown.c.status_id == status.c.id,
        shown.c.status_id >= sa.bindparam("lately"),
        sa.or_(status.c.id == original, status.c.boost_of_id == original),
    )


def _boost_statement() -> sa.Insert:
    readers, follow = _readers()
    reader_id = follow.c.follower_id
    return _into_home(
        readers.where(
            follow.c.boosts,
            sa.not_(blocked(reader_id, sa.bindparam("original_author_id"))),
            sa.not_(_seen_lately(reader_id)),
        )
    )


def _direct_statement() -> sa.Insert:
    reader = sa.alias(accounts)
    author_id = sa.bindparam("author_id", type_=sa.BigInteger)
    return _into_home(
        sa.select(mentions.c.account_id, mentions.c.status_id)
        .join(reader, reader.c.id == mentions.c.account_id)
        .where(
            mentions.c.status_id == sa.bindparam("new_id"),
            reader.c.domain == "",
            reader.c.id != author_id,
            sa.not_(blocked(reader.c.id, author_id)),
        )
    )


_POST, _BOOST, _DIRECT = _post_statement(), _boost_statement(), _direct_statement()
_OWN = sa.insert(home)


def post(tx: Tx, status_id: int, author: sa.Row[Any], visibility: Visibility, reply_to: int | None) -> None:
    """`reply_to` is the account replied to. The status' mentions must be stored already."""
    if not author.domain:
        tx.execute(_OWN, {"account_id": author.id, "status_id": status_id})
    if visibility is Visibility.DIRECT:
        tx.execute(_DIRECT, {"new_id": status_id, "author_id": author.id})
    else:
        tx.execute(_POST, {"new_id": status_id, "author_id": author.id, "reply_to": reply_to or 0})


def boost(tx: Tx, boost_id: int, booster: sa.Row[Any], original: sa.Row[Any]) -> None:
    parameters = {
        "new_id": boost_id,
        "author_id": booster.id,
        "original_id": original.id,
        "original_author_id": original.account_id,
        "lately": floor(tx.now - timedelta(days=1)),
    }
    tx.execute(_BOOST, parameters)
    if not booster.domain:
        tx.execute(_OWN, {"account_id": booster.id, "status_id": boost_id})


def fill_home(tx: Tx, reader_id: int, author_id: int) -> None:
    """The latest posts of somebody newly followed; replies to others and boosts are left out."""
    reader = tx.one(sa.select(accounts.c.domain).where(accounts.c.id == reader_id))
    if reader is None or reader.domain:
        return
    latest = (
        sa.select(statuses.c.id)
        .where(
            statuses.c.account_id == author_id,
            statuses.c.boost_of_id.is_(None),
            statuses.c.visibility.in_((*OPEN, Visibility.FOLLOWERS.value)),
            sa.or_(statuses.c.in_reply_to_id.is_(None), statuses.c.in_reply_to_account_id == author_id),
            ~sa.exists().where(home.c.account_id == reader_id, home.c.status_id == statuses.c.id),
        )
        .order_by(statuses.c.id.desc())
        .limit(FILL)
    )
    rows = [{"account_id": reader_id, "status_id": row.id} for row in tx.all(latest)]
    if rows:
        tx.execute(_OWN, rows)


def clear_home(tx: Tx, reader_id: int, author_id: int) -> None:
    """Take somebody's posts, and boosts of them, out of a reader's home."""
    original = sa.alias(statuses)
    theirs = sa.exists().where(original.c.id == statuses.c.boost_of_id, original.c.account_id == author_id)
    gone = (
        sa.select(home.c.status_id)
        .join(statuses, statuses.c.id == home.c.status_id)
        .where(home.c.account_id == reader_id, sa.or_(statuses.c.account_id == author_id, theirs))
    )
    tx.execute(sa.delete(home).where(home.c.account_id == reader_id, home.c.status_id.in_(gone)))
