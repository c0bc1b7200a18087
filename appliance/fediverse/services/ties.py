# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ending at once all that members have with servers that are out. Those are told nothing, the members are."""

from collections import Counter
from collections.abc import Collection

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, deliveries, follows, home, statuses
from appliance.fediverse.model import FollowState, Severed
from appliance.fediverse.services import severances

_ACCEPTED = follows.c.state == FollowState.ACCEPTED.value


def cut(tx: Tx, of: "sa.ColumnElement[bool]", name: str | None = None) -> None:
    """`of` says of rows of `accounts` whether they are meant; `name` is the server that members are told of."""
    gone = sa.select(accounts.c.id).where(accounts.c.domain != "", of)
    followers = Counter(
        row[0] for row in tx.all(sa.select(follows.c.followee_id).where(follows.c.follower_id.in_(gone)))
    )
    following = Counter(
        row[0] for row in tx.all(sa.select(follows.c.follower_id).where(follows.c.followee_id.in_(gone)))
    )
    tx.execute(sa.delete(follows).where(sa.or_(follows.c.follower_id.in_(gone), follows.c.followee_id.in_(gone))))
    friends = sorted({*followers, *following})
    recount(tx, friends)
    theirs = sa.select(statuses.c.id).where(statuses.c.account_id.in_(gone))
    tx.execute(sa.delete(home).where(home.c.status_id.in_(theirs)))
    inboxes = sa.union(
        sa.select(accounts.c.inbox).where(accounts.c.domain != "", of),
        sa.select(accounts.c.shared_inbox).where(accounts.c.domain != "", of),
    )
    tx.execute(sa.delete(deliveries).where(deliveries.c.inbox.in_(inboxes)))
    for each in friends if name is not None else ():
        severances.tell(
            tx, each, Severed.SERVER_BLOCKED, name or "", followers=followers[each], following=following[each]
        )


def recount(tx: Tx, account_ids: Collection[int]) -> None:
    """Count anew how many these accounts follow and are followed by."""
    if not account_ids:
        return
    counts = {
        column.name: sa.select(sa.func.count()).where(mine == accounts.c.id, _ACCEPTED).scalar_subquery()
        for column, mine in (
            (accounts.c.following_count, follows.c.follower_id),
            (accounts.c.followers_count, follows.c.followee_id),
        )
    }
    tx.execute(sa.update(accounts).where(accounts.c.id.in_(list(account_ids))).values(**counts))
