# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is in a collection: only who lets herself be recommended, and until she leaves.

Members say beforehand who may (`feature_policy`); people of elsewhere are asked (FEP-7aa9), and until they agree only
the collection's owner sees them in it. Whoever left is not put back: she would have to leave again and again.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts as accounts_table
from appliance.fediverse.db.tables import collection_items, collections
from appliance.fediverse.model import FeatureState, NotificationKind
from appliance.fediverse.services import accounts, feature_policy
from appliance.fediverse.services import collections as owners
from appliance.fediverse.services import notifications as notices
from appliance.fediverse.services.collections import not_allowed
from appliance.fediverse.services.missing import missing
from appliance.fediverse.urls import Urls

Row = sa.Row[Any]

MOST = 25
_IN_IT = (FeatureState.PENDING.value, FeatureState.ACCEPTED.value)

_BY_ID = sa.select(collection_items).where(collection_items.c.id == sa.bindparam("id"))
_OF = sa.select(collection_items).where(
    collection_items.c.collection_id == sa.bindparam("collection_id"),
    collection_items.c.account_id == sa.bindparam("account_id"),
)
# Whoever is suspended is shown to nobody, and takes nobody's place.
_COUNT = (
    sa.select(sa.func.count())
    .select_from(collection_items)
    .join(
        accounts_table,
        sa.and_(accounts_table.c.id == collection_items.c.account_id, accounts_table.c.suspended_at.is_(None)),
    )
    .where(collection_items.c.collection_id == sa.bindparam("collection_id"), collection_items.c.state.in_(_IN_IT))
)
_BETWEEN = (
    sa.select(collection_items)
    .join(collections, collections.c.id == collection_items.c.collection_id)
    .where(collections.c.account_id == sa.bindparam("owner_id"), collection_items.c.account_id == sa.bindparam("in_it"))
)


def create_with(tx: Tx, urls: Urls, owner_id: int, draft: owners.Draft, account_ids: Sequence[int]) -> int:
    """A collection with people in it. Raises Invalid, before anything is written; else as `add`."""
    collection_id = owners.create(tx, owner_id, draft)
    added = [_put(tx, owner_id, collection_id, each) for each in account_ids]
    outgoing.collection_created(tx, urls, collection_id)
    for item_id in added:
        _ask(tx, urls, owner_id, _get(tx, item_id))
    return collection_id


def add(tx: Tx, urls: Urls, owner_id: int, collection_id: int, account_id: int) -> Row:
    """The item. Raises HearthError not-found for no such collection, Refused for somebody else's and for who does not
    let herself be recommended, BadInput for nobody, for who is in it and where it is full."""
    owners.own(tx, owner_id, collection_id)
    item_id = _put(tx, owner_id, collection_id, account_id)
    row = _get(tx, item_id)
    if row.state == FeatureState.ACCEPTED.value:
        outgoing.item_added(tx, urls, item_id)
    _ask(tx, urls, owner_id, row)
    return row


def remove(tx: Tx, urls: Urls, owner_id: int, collection_id: int, item_id: int) -> None:
    """Raises HearthError not-found, Refused."""
    owners.own(tx, owner_id, collection_id)
    row = tx.one(_BY_ID, {"id": item_id})
    if row is None or row.collection_id != collection_id or row.state not in _IN_IT:
        raise missing()
    outgoing.item_removed(tx, urls, item_id)
    _drop(tx, row)


def leave(tx: Tx, urls: Urls, account_id: int, collection_id: int, item_id: int) -> None:
    """A member wants to be recommended there no more. Raises HearthError not-found, Refused for somebody else."""
    row = tx.one(_BY_ID, {"id": item_id})
    if row is None or row.collection_id != collection_id or row.state not in _IN_IT:
        raise missing()
    if row.account_id != account_id:
        raise not_allowed()
    _withdraw(tx, urls, row)


def part(tx: Tx, urls: Urls, account_id: int, other_id: int) -> None:
    """The one blocks the other: neither is in a collection of the other's any more."""
    for row in tx.all(_BETWEEN, {"owner_id": other_id, "in_it": account_id}):
        if row.state in _IN_IT:
            _withdraw(tx, urls, row)
    for row in tx.all(_BETWEEN, {"owner_id": account_id, "in_it": other_id}):
        if row.state in _IN_IT:
            outgoing.item_removed(tx, urls, row.id)
            _drop(tx, row)


def leave_domain(tx: Tx, urls: Urls, account_id: int, domain: str) -> None:
    """A member blocks a domain: she is in no collection of anybody there any more, nor anybody there in hers."""
    theirs = sa.and_(accounts_table.c.domain == domain, collections.c.account_id == accounts_table.c.id)
    mine = sa.select(collection_items).join(collections, collections.c.id == collection_items.c.collection_id)
    for row in tx.all(mine.join(accounts_table, theirs).where(collection_items.c.account_id == account_id)):
        if row.state in _IN_IT:
            _withdraw(tx, urls, row)
    of_there = sa.and_(accounts_table.c.domain == domain, collection_items.c.account_id == accounts_table.c.id)
    for row in tx.all(mine.join(accounts_table, of_there).where(collections.c.account_id == account_id)):
        if row.state in _IN_IT:
            outgoing.item_removed(tx, urls, row.id)
            _drop(tx, row)


def grant(tx: Tx, collection_id: int, owner_id: int, member_id: int) -> int | None:
    """Somebody of elsewhere, who may, puts a member into this collection: the item. None where the member left it."""
    row = tx.one(_OF, {"collection_id": collection_id, "account_id": member_id})
    if row is not None and row.state == FeatureState.ACCEPTED.value:
        return int(row.id)
    if row is not None:
        return None
    item_id = _insert(tx, collection_id, member_id, FeatureState.ACCEPTED)
    notices.notify(tx, member_id, NotificationKind.COLLECTED, owner_id, about_id=collection_id)
    return item_id


def answered(tx: Tx, urls: Urls, account_id: int, item_id: int, stamp: str | None) -> None:
    """Who of elsewhere was asked agreed with this stamp, or refused; to refuse is never too late."""
    row = tx.one(_BY_ID, {"id": item_id})
    if row is None or row.account_id != account_id:
        return
    if row.state == FeatureState.ACCEPTED.value and stamp is None:
        _withdraw(tx, urls, row)
    if row.state != FeatureState.PENDING.value:
        return
    _change(tx, item_id, state=(FeatureState.ACCEPTED if stamp else FeatureState.REJECTED).value, approval_uri=stamp)
    if stamp:
        outgoing.item_added(tx, urls, item_id)


def stamp_gone(tx: Tx, urls: Urls, account_id: int, stamp: str) -> None:
    """Who of elsewhere agreed took it back. Nothing happens where it was not hers to give."""
    query = sa.select(collection_items, collections.c.uri.label("collection_uri")).join(
        collections, collections.c.id == collection_items.c.collection_id
    )
    for row in tx.all(query.where(collection_items.c.approval_uri == stamp)):
        if row.account_id != account_id or row.state not in _IN_IT:
            continue
        if row.collection_uri is None:
            _withdraw(tx, urls, row)
        else:
            _drop(tx, row)


def _put(tx: Tx, owner_id: int, collection_id: int, account_id: int) -> int:
    account = accounts.by_id(tx, account_id)
    if account is None or account.deleted_at is not None or (not account.domain and account.suspended_at is not None):
        raise BadInput("Validation failed: Account must exist", "")
    if not feature_policy.may(tx, owner_id, account):
        raise not_allowed()
    known = tx.one(_OF, {"collection_id": collection_id, "account_id": account_id})
    if known is not None and known.state != FeatureState.REJECTED.value:
        raise BadInput("Validation failed: Account has already been taken", "")
    if known is not None:
        _drop(tx, known)
    if tx.execute(_COUNT, {"collection_id": collection_id}).scalar_one() >= MOST:
        raise BadInput(f"Validation failed: Collection items can be {MOST} at most", "")
    state = FeatureState.PENDING if account.domain else FeatureState.ACCEPTED
    return _insert(tx, collection_id, account_id, state)


def _ask(tx: Tx, urls: Urls, owner_id: int, row: Row) -> None:
    """Who is put into it is asked, or told."""
    if row.state == FeatureState.PENDING.value:
        outgoing.feature_requested(tx, urls, row.id)
    else:
        notices.notify(tx, row.account_id, NotificationKind.COLLECTED, owner_id, about_id=row.collection_id)


def _withdraw(tx: Tx, urls: Urls, row: Row) -> None:
    """Who is in it does not want to be. The row stays, so that she is not put back."""
    outgoing.item_removed(tx, urls, row.id)
    outgoing.feature_stamp_gone(tx, urls, row.id)
    _change(tx, row.id, state=FeatureState.REVOKED.value)
    owners.untell(tx, row.collection_id, row.account_id)


def _drop(tx: Tx, row: Row) -> None:
    tx.execute(sa.delete(collection_items).where(collection_items.c.id == row.id))
    owners.untell(tx, row.collection_id, row.account_id)


def _insert(tx: Tx, collection_id: int, account_id: int, state: FeatureState) -> int:
    item_id = tx.next_id()
    values = {"collection_id": collection_id, "account_id": account_id, "state": state.value, "position": 0}
    tx.execute(sa.insert(collection_items).values(id=item_id, created_at=tx.now_ms, **values))
    return item_id


def _change(tx: Tx, item_id: int, **values: Any) -> None:
    tx.execute(sa.update(collection_items).where(collection_items.c.id == item_id).values(**values))


def _get(tx: Tx, item_id: int) -> Row:
    row = tx.one(_BY_ID, {"id": item_id})
    if row is None:
        raise missing()
    return row
