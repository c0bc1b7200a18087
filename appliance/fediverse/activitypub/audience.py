# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which inboxes something goes to. One per server where it has a shared inbox, so followers cost nothing extra."""

import sqlalchemy as sa

from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, blocks, favourites, follows, mentions, poll_votes, statuses
from appliance.fediverse.model import FollowState, Visibility

Inboxes = set[str]

_BEST_INBOX = sa.func.coalesce(accounts.c.shared_inbox, accounts.c.inbox)
_REACHABLE = (
    accounts.c.domain != "",
    accounts.c.deleted_at.is_(None),
    accounts.c.suspended_at.is_(None),
    accounts.c.inbox.is_not(None),
)


def _inboxes(ids: "sa.Select[tuple[int]]", *more: "sa.ColumnElement[bool]") -> "sa.Select[tuple[str]]":
    return sa.select(_BEST_INBOX).distinct().where(accounts.c.id.in_(ids), *_REACHABLE, *more)


# Built once: these run with every post.
_id: "sa.BindParameter[int]" = sa.bindparam("id", type_=sa.BigInteger)
_author_id = sa.select(statuses.c.account_id).where(statuses.c.id == _id).scalar_subquery()
# Whom its author blocks is not told what a status says, be she named in it, answered by it, or in love with it.
_welcome = ~sa.exists().where(blocks.c.target_id == accounts.c.id, blocks.c.account_id == _author_id)
_OF_MENTIONED = _inboxes(sa.select(mentions.c.account_id).where(mentions.c.status_id == _id), _welcome)
_OF_ANSWERED = _inboxes(sa.select(statuses.c.in_reply_to_account_id).where(statuses.c.id == _id), _welcome)
_OF_FOLLOWERS = _inboxes(
    sa.select(follows.c.follower_id).where(follows.c.followee_id == _id, follows.c.state == FollowState.ACCEPTED.value)
)
_OF_ALL = sa.select(_BEST_INBOX).distinct().where(*_REACHABLE)
_holders = (
    sa.select(statuses.c.account_id).where(statuses.c.boost_of_id == _id),
    sa.select(statuses.c.account_id).where(statuses.c.in_reply_to_id == _id),
    sa.select(favourites.c.account_id).where(favourites.c.status_id == _id),
)
_OF_HOLDERS = tuple(_inboxes(query) for query in _holders)
_OF_READERS = tuple(
    _inboxes(query, _welcome)
    for query in (
        *_holders,
        sa.select(poll_votes.c.account_id).where(
            poll_votes.c.poll_id == sa.select(statuses.c.poll_id).where(statuses.c.id == _id).scalar_subquery()
        ),
    )
)


def of_status(tx: Tx, status: Row) -> Inboxes:
    """Everybody who should hear of a status: by its visibility, and whoever it names or answers."""
    found = _found(tx, _OF_MENTIONED, status.id)
    if status.visibility != Visibility.DIRECT.value:
        found |= of_followers(tx, status.account_id)
        if status.in_reply_to_account_id is not None and status.visibility != Visibility.FOLLOWERS.value:
            found |= _found(tx, _OF_ANSWERED, status.id)
    return found


def of_holders(tx: Tx, status: Row) -> Inboxes:
    """Everybody who may have a copy: `of_status`, and whoever boosted, favourited or answered it."""
    found = of_status(tx, status)
    for query in _OF_HOLDERS:
        found |= _found(tx, query, status.id)
    return found


def of_readers(tx: Tx, status: Row) -> Inboxes:
    """Everybody who should hear what a status says now. Of one that is not for all, having a copy, or having answered
    an address that was guessed, is no reason."""
    if status.visibility not in (Visibility.PUBLIC.value, Visibility.UNLISTED.value):
        return of_status(tx, status)
    found = of_status(tx, status)
    for query in _OF_READERS:
        found |= _found(tx, query, status.id)
    return found


def of_followers(tx: Tx, account_id: int) -> Inboxes:
    return _found(tx, _OF_FOLLOWERS, account_id)


def of_account(account: Row) -> Inboxes:
    """An activity for one person alone goes to that person's own inbox."""
    present = account.deleted_at is None and account.suspended_at is None
    return {account.inbox} if account.domain and account.inbox and present else set()


def of_everybody(tx: Tx) -> Inboxes:
    """Every server that is known here."""
    return {row[0] for row in tx.all(_OF_ALL)}


def _found(tx: Tx, query: "sa.Select[tuple[str]]", of: int) -> Inboxes:
    return {row[0] for row in tx.all(query, {"id": of})}
