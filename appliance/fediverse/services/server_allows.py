# SPDX-License-Identifier: AGPL-3.0-or-later
"""Servers that may be met where federation is limited to some (the setting "federation")."""

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import server_allows
from appliance.fediverse.services import server_blocks
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.server_blocks import Row

_PAGE = Paged(sa.select(server_allows), server_allows.c.id)


def add(tx: Tx, domain: str) -> Row:
    """Allowing twice changes nothing. Raises BadInput."""
    name = server_blocks.normal(domain)
    known = tx.one(sa.select(server_allows).where(server_allows.c.domain == name))
    if known is not None:
        return known
    allow_id = tx.next_id()
    tx.execute(sa.insert(server_allows).values(id=allow_id, domain=name, created_at=tx.now_ms))
    server_blocks.enforce_limits(tx)
    return get(tx, allow_id)


def remove(tx: Tx, allow_id: int) -> None:
    """Raises HearthError not-found."""
    row = get(tx, allow_id)
    tx.execute(sa.delete(server_allows).where(server_allows.c.id == row.id))
    server_blocks.enforce_limits(tx)


def get(tx: Tx, allow_id: int) -> Row:
    row = tx.one(sa.select(server_allows).where(server_allows.c.id == allow_id))
    if row is None:
        raise missing()
    return row


def page(tx: Tx, page: Page) -> list[Row]:
    return _PAGE.rows(tx, page)
