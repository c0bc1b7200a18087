# SPDX-License-Identifier: AGPL-3.0-or-later
"""Home timelines and lists, filled when something is written, so that reading one is a look-up in an index.

A reply reaches those followers who also follow the person replied to (as in Mastodon); a boost is left out where the
reader had the same status within the last day. What reaches a list is what would reach its owner's home, cut down to
the replies that the list wants; whoever is on an exclusive list is in no home. Who follows a hashtag gets public
statuses with it. What somebody has blocked or muted reaches her nowhere.
"""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.ids import floor
from appliance.fediverse.db.tables import (
    accounts,
    blocks,
    follows,
    home,
    list_accounts,
    list_statuses,
    lists,
    mentions,
    mutes,
    statuses,
)
from appliance.fediverse.model import FollowState, RepliesPolicy, Visibility
from appliance.fediverse.services import fanout_tags
from appliance.fediverse.services.visibility import blocked, domain_blocked, muted, unwelcome

_ACCEPTED = FollowState.ACCEPTED.value
_author: "sa.BindParameter[int]" = sa.bindparam("author_id", type_=sa.BigInteger)
_new: "sa.BindParameter[int]" = sa.bindparam("new_id", type_=sa.BigInteger)
_reply_to: "sa.BindParameter[int]" = sa.bindparam("reply_to", type_=sa.BigInteger)
_language: "sa.BindParameter[str]" = sa.bindparam("language", type_=sa.String)  # as " de ", or ""


def _homes() -> "tuple[sa.Select[Any], Any]":
    """Followers of the bound `author_id` who are at home here, and the follows that made them so."""
    follow, reader, member, exclusive = again(follows), again(accounts), again(list_accounts), again(lists)
    apart = sa.exists().where(
        member.c.account_id == _author,
        member.c.list_id == exclusive.c.id,
        exclusive.c.account_id == follow.c.follower_id,
        exclusive.c.exclusive,
    )
    readers = (
        sa.select(follow.c.follower_id, _new)
        .join_from(follow, reader, reader.c.id == follow.c.follower_id)
        .where(
            follow.c.followee_id == _author,
            follow.c.state == _ACCEPTED,
            reader.c.domain == "",
            follow.c.follower_id != _author,
            sa.not_(apart),
        )
    )
    return readers, follow


def _lists() -> "tuple[sa.Select[Any], Any]":
    """The lists that the bound `author_id` is on, and the follows of their owners."""
    follow, member = again(follows), again(list_accounts)
    other = again(list_accounts)
    both = sa.exists().where(other.c.list_id == lists.c.id, other.c.account_id == _reply_to)
    wanted = sa.or_(
        _reply_to.in_((0, _author)),
        _reply_to == lists.c.account_id,
        lists.c.replies_policy == RepliesPolicy.FOLLOWED.value,
        sa.and_(lists.c.replies_policy == RepliesPolicy.LIST.value, both),
    )
    readers = (
        sa.select(lists.c.id, _new)
        .join_from(member, lists, lists.c.id == member.c.list_id)
        .join(follow, sa.and_(follow.c.follower_id == lists.c.account_id, follow.c.followee_id == member.c.account_id))
        .where(member.c.account_id == _author, follow.c.state == _ACCEPTED, wanted)
    )
    return readers, follow


def _of_post(readers: "sa.Select[Any]", follow: Any) -> "sa.Select[Any]":
    reader_id = follow.c.follower_id
    other, block, mute = again(follows), again(blocks), again(mutes)
    knows = sa.exists().where(
        other.c.follower_id == reader_id, other.c.followee_id == _reply_to, other.c.state == _ACCEPTED
    )
    named = sa.select(mentions.c.account_id).where(mentions.c.status_id == _new)
    meant = sa.or_(_reply_to.in_((0, _author)), reader_id == _reply_to, knows)
    return readers.where(
        meant,
        _in_language(follow),
        sa.not_(muted(reader_id, _author)),
        ~sa.exists().where(block.c.account_id == reader_id, block.c.target_id.in_(named)),
        ~sa.exists().where(mute.c.account_id == reader_id, mute.c.target_id.in_(named)),
    )


def _of_boost(readers: "sa.Select[Any]", follow: Any, seen_lately: "sa.ColumnElement[bool]") -> "sa.Select[Any]":
    reader_id = follow.c.follower_id
    return readers.where(
        follow.c.boosts,
        _in_language(follow),
        sa.not_(muted(reader_id, _author)),
        sa.not_(unwelcome(reader_id, sa.bindparam("original_author_id"))),
        sa.not_(seen_lately),
    )


def _in_language(follow: Any) -> "sa.ColumnElement[bool]":
    wanted = follow.c.languages.contains(_language)
    return sa.or_(follow.c.languages.is_(None), _language == "", wanted)


def _seen_lately(table: sa.Table, owner: "sa.ColumnElement[int]", owner_id: Any) -> "sa.ColumnElement[bool]":
    """Whether a timeline has what the bound `original_id` says, itself or as a boost, since the bound `lately`."""
    shown, status = again(table), again(statuses)
    original = sa.bindparam("original_id", type_=sa.BigInteger)
    return sa.exists().where(
        shown.c[owner.name] == owner_id,
        shown.c.status_id == status.c.id,
        shown.c.status_id >= sa.bindparam("lately"),
        sa.or_(status.c.id == original, status.c.boost_of_id == original),
    )


def _direct_statement() -> sa.Insert:
    reader = again(accounts)
    return _into_home(
        sa.select(mentions.c.account_id, mentions.c.status_id)
        .join(reader, reader.c.id == mentions.c.account_id)
        .where(
            mentions.c.status_id == _new,
            reader.c.domain == "",
            reader.c.id != _author,
            sa.not_(blocked(reader.c.id, _author)),
            sa.not_(muted(reader.c.id, _author)),
            sa.not_(domain_blocked(reader.c.id, _author)),
        )
    )


def _into_home(select: "sa.Select[Any]") -> sa.Insert:
    return sa.insert(home).from_select(["account_id", "status_id"], select)


def _into_lists(select: "sa.Select[Any]") -> sa.Insert:
    return sa.insert(list_statuses).from_select(["list_id", "status_id"], select)


_home_readers, _home_follow = _homes()
_list_readers, _list_follow = _lists()
_POST = _into_home(_of_post(_home_readers, _home_follow))
_POST_TO_LISTS = _into_lists(_of_post(_list_readers, _list_follow))
_BOOST = _into_home(
    _of_boost(_home_readers, _home_follow, _seen_lately(home, home.c.account_id, _home_follow.c.follower_id))
)
_BOOST_TO_LISTS = _into_lists(
    _of_boost(_list_readers, _list_follow, _seen_lately(list_statuses, list_statuses.c.list_id, lists.c.id))
)
_DIRECT = _direct_statement()
_OWN = sa.insert(home)
_LEFT_OUT = sa.select(accounts.c.id).where(
    accounts.c.id == _author, unwelcome(_author, sa.bindparam("original_author_id", type_=sa.BigInteger))
)
_ON_LISTS = sa.select(list_accounts.c.list_id).where(list_accounts.c.account_id == _author).limit(1)


def post(
    tx: Tx,
    status_id: int,
    author: sa.Row[Any],
    visibility: Visibility,
    reply_to: int | None,
    *,
    language: str | None = None,
    tagged: bool = False,
) -> None:
    """`reply_to` is the account replied to. The status' mentions and hashtags must be stored already."""
    if not author.domain:
        tx.execute(_OWN, {"account_id": author.id, "status_id": status_id})
    if visibility is Visibility.DIRECT:
        tx.execute(_DIRECT, {"new_id": status_id, "author_id": author.id})
        return
    parameters = {
        "new_id": status_id,
        "author_id": author.id,
        "reply_to": reply_to or 0,
        "language": fanout_tags.word(language),
    }
    tx.execute(_POST, parameters)
    if tx.exists(_ON_LISTS, parameters):
        tx.execute(_POST_TO_LISTS, parameters)
    if tagged and visibility is Visibility.PUBLIC and author.silenced_at is None:
        fanout_tags.post(tx, status_id, author.id, language)


def boost(tx: Tx, boost_id: int, booster: sa.Row[Any], original: sa.Row[Any]) -> None:
    parameters = {
        "new_id": boost_id,
        "author_id": booster.id,
        "reply_to": 0,
        "language": fanout_tags.word(original.language),
        "original_id": original.id,
        "original_author_id": original.account_id,
        "lately": floor(tx.now - timedelta(days=1)),
    }
    tx.execute(_BOOST, parameters)
    if tx.exists(_ON_LISTS, parameters):
        tx.execute(_BOOST_TO_LISTS, parameters)
    # Her own boosts as well: what she has muted or blocked she may pass on, and still not want to read.
    if not booster.domain and not tx.exists(_LEFT_OUT, parameters):
        tx.execute(_OWN, {"account_id": booster.id, "status_id": boost_id})
