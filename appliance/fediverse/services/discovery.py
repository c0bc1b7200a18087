# SPDX-License-Identifier: AGPL-3.0-or-later
"""People to find: the directory of those who want to be in it, and suggestions of whom to follow.

Suggested are those whom the people one follows follow, and members of this instance; nobody is measured for it.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, dismissed_suggestions, follows, members
from appliance.fediverse.model import FollowState
from appliance.fediverse.services.visibility import NOBODY, welcome

MAX_DISMISSED = 1000

_viewer: "sa.BindParameter[int]" = sa.bindparam("viewer_id", type_=sa.BigInteger)
_SHOWN = (
    sa.text("accounts.discoverable"),  # as in the index ix_accounts_active
    accounts.c.suspended_at.is_(None),
    accounts.c.silenced_at.is_(None),
    accounts.c.deleted_at.is_(None),
    accounts.c.moved_to_id.is_(None),
    welcome(accounts.c.id),
)
_EVERYBODY = sa.select(accounts).where(*_SHOWN)
_MEMBERS = _EVERYBODY.join(members, members.c.account_id == accounts.c.id)
_ACTIVE = (accounts.c.last_status_at.desc(), accounts.c.id.desc())
_NEW = (accounts.c.id.desc(),)

_known, _dismissed = again(follows), again(dismissed_suggestions)
_STRANGER = (
    accounts.c.id != _viewer,
    ~sa.exists().where(_known.c.follower_id == _viewer, _known.c.followee_id == accounts.c.id),
    ~sa.exists().where(_dismissed.c.account_id == _viewer, _dismissed.c.target_id == accounts.c.id),
)
_ours, _theirs, _friend = again(follows), again(follows), again(accounts)
_ACCEPTED = FollowState.ACCEPTED.value
_common = (
    sa.select(_theirs.c.followee_id, sa.func.count().label("friends"))
    .select_from(_ours)
    .join(_theirs, _theirs.c.follower_id == _ours.c.followee_id)
    .join(_friend, _friend.c.id == _ours.c.followee_id)
    .where(
        _ours.c.follower_id == _viewer,
        _ours.c.state == _ACCEPTED,
        _theirs.c.state == _ACCEPTED,
        sa.not_(_friend.c.hide_collections),
    )
    .group_by(_theirs.c.followee_id)
    .subquery()
)
_OF_FRIENDS = (
    sa.select(accounts)
    .join(_common, _common.c.followee_id == accounts.c.id)
    .where(*_SHOWN, *_STRANGER)
    .order_by(_common.c.friends.desc(), accounts.c.followers_count.desc(), accounts.c.id)
    .limit(sa.bindparam("count"))
)
_HERE = _MEMBERS.where(*_STRANGER).order_by(accounts.c.followers_count.desc(), accounts.c.id)


@dataclass(frozen=True)
class Suggestion:
    """`source` is one of the Mastodon API's."""

    account: sa.Row[Any]
    source: str


def directory(
    tx: Tx, viewer_id: int | None, limit: int, offset: int, *, local: bool = False, by_activity: bool = True
) -> list[sa.Row[Any]]:
    """Rows of `accounts`: who wrote last first, or who was found last."""
    query = _MEMBERS if local else _EVERYBODY
    if by_activity:
        query = query.where(accounts.c.last_status_at.is_not(None)).order_by(*_ACTIVE)
    else:
        query = query.order_by(*_NEW)
    return tx.all(query.limit(limit).offset(offset), {"viewer_id": viewer_id or NOBODY})


def suggestions(tx: Tx, viewer_id: int, limit: int) -> list[Suggestion]:
    parameters = {"viewer_id": viewer_id, "count": limit}
    found = {row.id: Suggestion(row, "friends_of_friends") for row in tx.all(_OF_FRIENDS, parameters)}
    if len(found) < limit:
        for row in tx.all(_HERE.limit(limit), parameters):
            found.setdefault(row.id, Suggestion(row, "most_followed"))
    return list(found.values())[:limit]


def dismiss(tx: Tx, viewer_id: int, account_id: int) -> None:
    """Suggest somebody no more. Nothing happens for who is unknown, or beyond all reason."""
    mine = dismissed_suggestions.c.account_id == viewer_id
    known = tx.exists(sa.select(accounts.c.id).where(accounts.c.id == account_id))
    there = tx.exists(sa.select(dismissed_suggestions).where(mine, dismissed_suggestions.c.target_id == account_id))
    if not known or there or len(tx.all(sa.select(dismissed_suggestions.c.target_id).where(mine))) >= MAX_DISMISSED:
        return
    tx.execute(sa.insert(dismissed_suggestions).values(account_id=viewer_id, target_id=account_id))
