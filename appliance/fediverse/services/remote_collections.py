# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of other servers, as far as somebody here has to do with them.

Who is in one is stored once she was found to agree; members are in it by what was granted here and by nothing else.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, collection_items, collections
from appliance.fediverse.model import FeatureState
from appliance.fediverse.services import collections as owners
from appliance.fediverse.services.remote import RemoteCollection, RemoteItem

MOST = 50  # of one account
MOST_ITEMS = 150

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
    """What it says of itself. None for what is another account's, and for one too many."""
    row = tx.one(_BY_URI, {"uri": told.uri})
    values: dict[str, Any] = {
        **{name: getattr(told, name) for name in ("url", "name", "description", "language", "tag")},
        **{name: getattr(told, name) for name in ("sensitive", "discoverable")},
        "updated_at": told.updated_at or told.created_at or tx.now_ms,
    }
    if row is not None and row.account_id != owner_id:
        return None
    if row is None:
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


def approvals(tx: Tx, collection_id: int) -> dict[str, str | None]:
    """Who of elsewhere is in it, by the URI, and by which document she agreed."""
    rows = tx.all(_ITEMS, {"collection_id": collection_id})
    return {row.account_uri: row.approval_uri for row in rows if row.domain}


def keep(tx: Tx, collection_id: int, items: Sequence[RemoteItem]) -> None:
    """All that are in it now, in their order. Whom it no longer names goes, but for members who were asked just now and
    whom it does not name yet."""
    rows = {row.account_id: row for row in tx.all(_ITEMS, {"collection_id": collection_id})}
    listed = {item.account_id for item in items}
    for account_id, row in rows.items():
        if account_id not in listed and row.state == FeatureState.ACCEPTED.value and (row.domain or row.uri):
            _drop(tx, row)
    for position, item in enumerate(items):
        known = rows.get(item.account_id)
        if known is not None:
            values = {"uri": item.uri, "position": position, "approval_uri": item.approval if known.domain else None}
            tx.execute(sa.update(collection_items).where(collection_items.c.id == known.id).values(**values))
        elif item.approval is not None:
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
    """The whole of it is gone; False where it is unknown or another account's."""
    row = find(tx, owner_id, uri)
    if row is not None:
        owners.remove(tx, row.id)
    return row is not None


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
            created_at=item.created_at or tx.now_ms,
        )
    )
