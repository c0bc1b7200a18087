# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a repeated request made the first time: a status, or a scheduled one."""

from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import idempotency

MILLISECONDS = 60 * 60 * 1000


def earlier(tx: Tx, account_id: int, key: str, made: Any) -> int | None:
    """The id in the table `made` of what this key made within the hour, if it is there still."""
    row = tx.one(
        sa.select(made.c.id)
        .join(idempotency, idempotency.c.status_id == made.c.id)
        .where(
            idempotency.c.account_id == account_id,
            idempotency.c.key == key,
            idempotency.c.created_at > tx.now_ms - MILLISECONDS,
        )
    )
    return None if row is None else int(row.id)


def remember(tx: Tx, account_id: int, key: str, made_id: int) -> None:
    mine = idempotency.c.account_id == account_id
    stale = idempotency.c.created_at <= tx.now_ms - MILLISECONDS
    tx.execute(sa.delete(idempotency).where(mine, sa.or_(stale, idempotency.c.key == key)))
    tx.execute(sa.insert(idempotency).values(account_id=account_id, key=key, status_id=made_id, created_at=tx.now_ms))
