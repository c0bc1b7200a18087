# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connected apps: what a member let in by OAuth, one entry per app however many tokens it holds."""

from dataclasses import dataclass

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import apps, codes, tokens


@dataclass(frozen=True)
class ConnectedApp:
    """Times are milliseconds since 1970."""

    app_id: int
    name: str
    connected_at: int
    last_used_at: int | None


def of(tx: Tx, account_id: int) -> list[ConnectedApp]:
    """The one connected last first."""
    first = sa.func.min(tokens.c.created_at)
    rows = tx.all(
        sa.select(apps.c.id, apps.c.name, first.label("connected_at"), sa.func.max(tokens.c.last_used_at).label("used"))
        .join(tokens, tokens.c.app_id == apps.c.id)
        .where(tokens.c.account_id == account_id)
        .group_by(apps.c.id, apps.c.name)
        .order_by(first.desc())
    )
    return [ConnectedApp(row.id, row.name, row.connected_at, row.used) for row in rows]


def end(tx: Tx, account_id: int, app_id: int) -> None:
    """Take back all tokens and codes that this app holds for this member; nothing happens if it holds none."""
    for table in (tokens, codes):
        tx.execute(sa.delete(table).where(table.c.account_id == account_id, table.c.app_id == app_id))
