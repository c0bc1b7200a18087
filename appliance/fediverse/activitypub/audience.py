# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which inboxes something goes to. One per server where it has a shared inbox, so followers cost nothing extra."""

import sqlalchemy as sa

from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, favourites, follows, mentions, statuses
from appliance.fediverse.model import FollowState, Visibility

Inboxes = set[str]

_BEST_INBOX = sa.func.coalesce(accounts.c.shared_inbox, accounts.c.inbox)
_REACHABLE = (accounts.c.domain != "", accounts.c.deleted_at.is_(None), accounts.c.inbox.is_not(None))


def of_status(tx: Tx, status: Row) -> Inboxes:
    """Everybody who should hear of a status: by its visibility, and whoever it names or answers."""
    found = _of_accounts(tx, _mentioned(status.id))
    if status.visibility != Visibility.DIRECT.value:
        found |= of_followers(tx, status.account_id)
        if status.in_reply_to_account_id is not None and status.visibility != Visibility.FOLLOWERS.value:
            found |= _of_accounts(tx, sa.select(sa.literal(status.in_reply_to_account_id)))
    return found


def of_holders(tx: Tx, status: Row) -> Inboxes:
    """Everybody who may have a copy: `of_status`, and whoever boosted, favourited or answered it."""
    found = of_status(tx, status)
    for query in (
        sa.select(statuses.c.account_id).where(statuses.c.boost_of_id == status.id),
        sa.select(statuses.c.account_id).where(statuses.c.in_reply_to_id == status.id),
        sa.select(favourites.c.account_id).where(favourites.c.status_id == status.id),
    ):
        found |= _of_accounts(tx, query)
    return found


def of_followers(tx: Tx, account_id: int) -> Inboxes:
    return _of_accounts(
        tx,
        sa.select(follows.c.follower_id).where(
            follows.c.followee_id == account_id, follows.c.state == FollowState.ACCEPTED.value
        ),
    )


def of_account(account: Row) -> Inboxes:
    """An activity for one person alone goes to that person's own inbox."""
    return {account.inbox} if account.domain and account.inbox and account.deleted_at is None else set()


def _mentioned(status_id: int) -> "sa.Select[tuple[int]]":
    return sa.select(mentions.c.account_id).where(mentions.c.status_id == status_id)


def _of_accounts(tx: Tx, ids: "sa.Select[tuple[int]]") -> Inboxes:
    return {row[0] for row in tx.all(sa.select(_BEST_INBOX).distinct().where(accounts.c.id.in_(ids), *_REACHABLE))}
