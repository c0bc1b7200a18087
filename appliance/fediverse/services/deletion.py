# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deletion: everything of an account goes for good. Of ours the name stays taken, so that nobody can pose as them."""

from typing import Any

import sqlalchemy as sa

from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, favourites, follows, metadata, statuses, tombstones
from appliance.fediverse.services import conversations, ties
from appliance.fediverse.services.accounts import by_id, delete_remote
from appliance.fediverse.services.missing import missing
from appliance.fediverse.urls import Urls

# What still has to leave, and what the moderators know of it, outlives the account.
_KEPT = frozenset(("activities", "deliveries", "reports", "strikes"))
_EMPTY: dict[str, Any] = {
    "display_name": "",
    "note": "",
    "note_source": "",
    "fields": [],
    "avatar_url": None,
    "header_url": None,
}


def delete_account(tx: Tx, urls: Urls, account_id: int) -> None:
    """Raises HearthError not-found."""
    account = by_id(tx, account_id)
    if account is None:
        raise missing()
    if account.domain:
        delete_remote(tx, urls, account.uri)
        return
    outgoing.account_deleted(tx, urls, account_id)
    conversations.forget_all_by(tx, account_id)
    friends = _friends(tx, account_id)
    _uncount(tx, account_id)
    _bury_statuses(tx, account_id)
    for table in reversed(metadata.sorted_tables):
        for key in table.foreign_keys:
            if key.column is accounts.c.id and key.ondelete == "CASCADE" and table.name not in _KEPT:
                tx.execute(sa.delete(table).where(key.parent == account_id))
    ties.recount(tx, [*friends, account_id])
    gone = {"deleted_at": tx.now_ms, "suspended_at": account.suspended_at or tx.now_ms, "statuses_count": 0}
    tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(**_EMPTY, **gone))


def _friends(tx: Tx, account_id: int) -> list[int]:
    both = sa.union(
        sa.select(follows.c.follower_id).where(follows.c.followee_id == account_id),
        sa.select(follows.c.followee_id).where(follows.c.follower_id == account_id),
    )
    return [row[0] for row in tx.all(both)]


def _uncount(tx: Tx, account_id: int) -> None:
    """What they favoured, boosted and answered counts one less."""
    boost = again(statuses)
    for column, of in (
        (statuses.c.favourites_count, sa.select(favourites.c.status_id).where(favourites.c.account_id == account_id)),
        (statuses.c.boosts_count, sa.select(boost.c.boost_of_id).where(boost.c.account_id == account_id)),
        (statuses.c.replies_count, sa.select(boost.c.in_reply_to_id).where(boost.c.account_id == account_id)),
    ):
        meant = sa.and_(statuses.c.id.in_(of), column > 0)
        tx.execute(sa.update(statuses).where(meant).values({column: column - 1}))


def _bury_statuses(tx: Tx, account_id: int) -> None:
    """Whoever asks for one of their posts is told that it is gone."""
    name = sa.literal("local:") + sa.cast(statuses.c.id, sa.String)
    buried = sa.select(name, sa.literal(tx.now_ms, sa.BigInteger)).where(statuses.c.account_id == account_id)
    tx.execute(sa.insert(tombstones).from_select(["uri", "deleted_at"], buried))
