# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of other servers, as far as somebody here has to do with them.

Who is in one is stored once she was found to agree; members are in it by what was granted here and by nothing else.
"""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, collection_items, collections
from appliance.fediverse.model import FeatureState
from appliance.fediverse.services import collections as owners
from appliance.fediverse.services.remote import Approval, RemoteCollection, RemoteItem, RemoteItems
from appliance.fediverse.services.status_rows import bury, not_new
from appliance.system.clock import milliseconds

MOST = 50  # of one account
MOST_ITEMS = 150
UNNAMED = timedelta(days=1)  # in which it has to name a member who was asked

_BY_URI = sa.select(collections).where(collections.c.uri == sa.bindparam("uri"))
_COUNT = sa.select(sa.func.count()).where(collections.c.account_id == sa.bindparam("owner_id"))
_ITEMS = (
    sa.select(collection_items, accounts.c.domain, accounts.c.uri.label("account_uri"))
    .join(accounts, accounts.c.id == collection_items.c.account_id)
    .where(collection_items.c.collection_id == sa.bindparam("collection_id"))
)


def find(tx: Tx, owner_id: int, uri: str | None) -> sa.Row[Any] | None:
    """A collection of this account's."""
    row = tx.one(_BY_URI, {"uri": uri}) if uri is not None else None
    return row if row is not None and row.account_id == owner_id else None


def store(tx: Tx, owner_id: int, told: RemoteCollection) -> int | None:
    """What it says of itself. None for what is another account's, for one too many, and for one
    that is gone for good."""
    row = tx.one(_BY_URI, {"uri": told.uri})
    values: dict[str, Any] = {
        **{name: getattr(told, name) for name in ("url", "name", "description", "language", "tag")},
        **{name: getattr(told, name) for name in ("sensitive", "discoverable")},
        "updated_at": told.updated_at or told.created_at or tx.now_ms,
    }
    if row is not None and row.account_id != owner_id:
        return None
    if row is None:
        if not_new(tx, told.uri) is not None:
            return None
        if tx.execute(_COUNT, {"owner_id": owner_id}).scalar_one() >= MOST:
            return None
        collection_id = tx.next_id()
        values |= {"id": collection_id, "uri": told.uri, "created_at": told.created_at or tx.now_ms}
        tx.execute(sa.insert(collections).values(account_id=owner_id, **values))
        return collection_id
    if any(getattr(row, name) != value for name, value in values.items()):
        tx.execute(sa.update(collections).where(collections.c.id == row.id).values(**values))
        if (row.name, row.description) != (told.name, told.description):
            owners.tell_of_change(tx, row)
    return int(row.id)


def approvals(tx: Tx, collection_id: int) -> dict[str, Approval]:
    """Of those of elsewhere who are in it, by their URIs."""
    rows = tx.all(_ITEMS, {"collection_id": collection_id})
    accepted = (row for row in rows if row.domain and row.state == FeatureState.ACCEPTED.value)
    return {row.account_uri: Approval(row.account_id, row.approval_uri, row.verified_at or 0) for row in accepted}


def keep(tx: Tx, collection_id: int, found: RemoteItems) -> None:
    """Who is in it now, in their order, nobody twice. Members who were asked a moment ago stay, though it does not name
    them yet."""
    rows = {row.account_id: row for row in tx.all(_ITEMS, {"collection_id": collection_id})}
    listed: dict[int, RemoteItem] = {}
    for item in found.items:
        listed.setdefault(item.account_id, item)
    asked_just_now = milliseconds(tx.now - UNNAMED)
    for account_id, row in rows.items():
        is_named = bool(row.domain or row.uri) or row.created_at < asked_just_now
        gone = account_id in found.refused or (found.complete and account_id not in listed and is_named)
        if gone and row.state == FeatureState.ACCEPTED.value:
            _drop(tx, row)
    for position, item in enumerate(listed.values()):
        known = rows.get(item.account_id)
        if known is not None:
            values: dict[str, Any] = {"uri": item.uri, "position": position}
            if known.domain:
                values |= {"approval_uri": item.approval, "verified_at": item.verified_at}
            tx.execute(sa.update(collection_items).where(collection_items.c.id == known.id).values(**values))
        elif item.approval is not None and item.is_new:  # else she took it back while it was read
            _insert(tx, collection_id, position, item)


def note_item(tx: Tx, collection_id: int, account_id: int, uri: str) -> None:
    """A member who is in it is there under this name, by which she may be taken out again."""
    mine = sa.and_(collection_items.c.collection_id == collection_id, collection_items.c.account_id == account_id)
    accepted = collection_items.c.state == FeatureState.ACCEPTED.value
    tx.execute(sa.update(collection_items).where(mine, accepted).values(uri=uri))


def drop_item(tx: Tx, owner_id: int, uri: str) -> None:
    """Somebody is in it no more; nothing happens for another account's."""
    query = (
        sa.select(collection_items)
        .join(collections, collections.c.id == collection_items.c.collection_id)
        .where(collection_items.c.uri == uri, collections.c.account_id == owner_id)
    )
    for row in tx.all(query):
        if row.state == FeatureState.ACCEPTED.value:
            _drop(tx, row)


def drop(tx: Tx, owner_id: int, uri: str) -> bool:
    """The whole of it is gone; False where it is unknown or another account's.

    One that a member left does not come back: else she would be put into it again by taking it away in between.
    """
    row = find(tx, owner_id, uri)
    if row is None:
        return False
    left = sa.and_(collection_items.c.collection_id == row.id, collection_items.c.state == FeatureState.REVOKED.value)
    if tx.exists(sa.select(collection_items.c.id).where(left)):
        bury(tx, uri)
    owners.remove(tx, row.id)
    return True


def _drop(tx: Tx, row: sa.Row[Any]) -> None:
    tx.execute(sa.delete(collection_items).where(collection_items.c.id == row.id))
    owners.untell(tx, row.collection_id, row.account_id)


def _insert(tx: Tx, collection_id: int, position: int, item: RemoteItem) -> None:
    tx.execute(
        sa.insert(collection_items).values(
            id=tx.next_id(),
            collection_id=collection_id,
            account_id=item.account_id,
            state=FeatureState.ACCEPTED.value,
            position=position,
            uri=item.uri,
            approval_uri=item.approval,
            verified_at=item.verified_at,
            created_at=item.created_at or tx.now_ms,
        )
    )
