# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bookmarks: known to nobody but who made them."""

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import bookmarks
from appliance.fediverse.services import search_index
from appliance.fediverse.services.status_rows import seen_by


def bookmark(tx: Tx, account_id: int, status_id: int) -> None:
    """Raises HearthError not-found."""
    status = seen_by(tx, account_id, status_id)
    if not tx.exists(sa.select(bookmarks.c.id).where(_mine(account_id, status_id))):
        tx.execute(
            sa.insert(bookmarks).values(
                id=tx.next_id(), account_id=account_id, status_id=status_id, created_at=tx.now_ms
            )
        )
        search_index.meet(tx, account_id, status)


def unbookmark(tx: Tx, account_id: int, status_id: int) -> None:
    """Nothing happens if there is none."""
    tx.execute(sa.delete(bookmarks).where(_mine(account_id, status_id)))


def _mine(account_id: int, status_id: int) -> "sa.ColumnElement[bool]":
    return sa.and_(bookmarks.c.account_id == account_id, bookmarks.c.status_id == status_id)
