# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists: timelines of a member's own making. Filled when something is written (fanout.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import follows, list_accounts, lists
from appliance.fediverse.model import RepliesPolicy
from appliance.fediverse.services import refill
from appliance.fediverse.services.missing import missing

MAX_LISTS = 50
MAX_MEMBERS = 500
MAX_TITLE = 256

_EVERY = sa.select(lists).where(lists.c.account_id == sa.bindparam("owner_id")).order_by(lists.c.id)
_ONE = sa.select(lists).where(lists.c.id == sa.bindparam("list_id"), lists.c.account_id == sa.bindparam("owner_id"))
_WITH = (
    sa.select(lists)
    .join(list_accounts, list_accounts.c.list_id == lists.c.id)
    .where(lists.c.account_id == sa.bindparam("owner_id"), list_accounts.c.account_id == sa.bindparam("member_id"))
    .order_by(lists.c.id)
)
_MEMBERS = sa.select(list_accounts.c.account_id).where(list_accounts.c.list_id == sa.bindparam("list_id"))
_FOLLOWED = sa.select(follows.c.followee_id).where(
    follows.c.follower_id == sa.bindparam("owner_id"),
    follows.c.followee_id.in_(sa.bindparam("ids", expanding=True)),
)


@dataclass(frozen=True)
class Change:
    """None leaves a thing as it is."""

    title: str | None = None
    replies_policy: RepliesPolicy | None = None
    exclusive: bool | None = None


def every(tx: Tx, owner_id: int) -> list[sa.Row[Any]]:
    return tx.all(_EVERY, {"owner_id": owner_id})


def holding(tx: Tx, owner_id: int, member_id: int) -> list[sa.Row[Any]]:
    """The owner's lists that somebody is on."""
    return tx.all(_WITH, {"owner_id": owner_id, "member_id": member_id})


def get(tx: Tx, owner_id: int, list_id: int) -> sa.Row[Any]:
    """Raises HearthError not-found, also for other people's."""
    row = tx.one(_ONE, {"owner_id": owner_id, "list_id": list_id})
    if row is None:
        raise missing()
    return row


def create(tx: Tx, owner_id: int, change: Change) -> int:
    """Raises BadInput."""
    values = _values(Change(change.title or "", change.replies_policy or RepliesPolicy.LIST, bool(change.exclusive)))
    if len(every(tx, owner_id)) >= MAX_LISTS:
        raise BadInput("Validation failed: You have reached the maximum number of lists", "")
    list_id = tx.next_id()
    tx.execute(sa.insert(lists).values(id=list_id, account_id=owner_id, **values))
    return list_id


def update(tx: Tx, owner_id: int, list_id: int, change: Change) -> None:
    """Raises BadInput, HearthError not-found."""
    known = get(tx, owner_id, list_id)
    if values := _values(change):
        tx.execute(sa.update(lists).where(lists.c.id == list_id).values(**values))
    if change.exclusive is not None and change.exclusive != known.exclusive:
        for member_id in _members(tx, list_id):
            _keep_home(tx, owner_id, member_id, away=change.exclusive)


def delete(tx: Tx, owner_id: int, list_id: int) -> None:
    """Raises HearthError not-found."""
    known = get(tx, owner_id, list_id)
    members = _members(tx, list_id) if known.exclusive else []
    tx.execute(sa.delete(lists).where(lists.c.id == list_id))
    for member_id in members:
        _keep_home(tx, owner_id, member_id, away=False)


def add(tx: Tx, owner_id: int, list_id: int, account_ids: Sequence[int]) -> None:
    """All of them or, if the owner does not follow one of them, nobody. Raises HearthError not-found, BadInput."""
    known = get(tx, owner_id, list_id)
    wanted = list(dict.fromkeys(account_ids))
    followed = {row.followee_id for row in tx.all(_FOLLOWED, {"owner_id": owner_id, "ids": wanted})}
    if not wanted or not set(wanted) <= followed:
        raise missing()
    there = set(_members(tx, list_id))
    if there & set(wanted):
        raise BadInput("Validation failed: Account has already been taken", "")
    if len(there) + len(wanted) > MAX_MEMBERS:
        raise BadInput(f"Validation failed: There can be {MAX_MEMBERS} accounts on a list at most", "")
    for account_id in wanted:
        tx.execute(sa.insert(list_accounts).values(list_id=list_id, account_id=account_id))
        refill.fill_list(tx, list_id, account_id)
        if known.exclusive:
            refill.clear_home(tx, owner_id, account_id)


def remove(tx: Tx, owner_id: int, list_id: int, account_ids: Sequence[int]) -> None:
    """Nothing happens for those who are not on it. Raises HearthError not-found."""
    known = get(tx, owner_id, list_id)
    for account_id in set(account_ids) & set(_members(tx, list_id)):
        mine = sa.and_(list_accounts.c.list_id == list_id, list_accounts.c.account_id == account_id)
        tx.execute(sa.delete(list_accounts).where(mine))
        refill.clear_list(tx, list_id, account_id)
        if known.exclusive:
            _keep_home(tx, owner_id, account_id, away=False)


def _keep_home(tx: Tx, owner_id: int, member_id: int, *, away: bool) -> None:
    """Whoever is on no exclusive list any more comes home again."""
    if away:
        refill.clear_home(tx, owner_id, member_id)
    else:
        refill.followed(tx, owner_id, member_id)


def _members(tx: Tx, list_id: int) -> list[int]:
    return [row.account_id for row in tx.all(_MEMBERS, {"list_id": list_id})]


def _values(change: Change) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if change.title is not None:
        if not change.title.strip():
            raise BadInput("Validation failed: Title can't be blank", "")
        if len(change.title) > MAX_TITLE:
            raise BadInput(f"Validation failed: Title is too long (maximum is {MAX_TITLE} characters)", "")
        values["title"] = change.title.strip()
    if change.replies_policy is not None:
        values["replies_policy"] = change.replies_policy.value
    if change.exclusive is not None:
        values["exclusive"] = change.exclusive
    return values
