# SPDX-License-Identifier: AGPL-3.0-or-later
"""Follows that ended without the member's doing, told to her. https://docs.joinmastodon.org/entities/RelationshipSeveranceEvent/"""

from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import severances
from appliance.fediverse.model import NotificationKind, Severed
from appliance.fediverse.services import notifications

_BY_IDS = sa.select(severances).where(severances.c.id.in_(sa.bindparam("ids", expanding=True)))


def tell(tx: Tx, account_id: int, kind: Severed, target_name: str, *, followers: int, following: int) -> None:
    """`target_name` is a domain or a handle; the counts are of those follows. Were there none, nothing happens."""
    if not followers and not following:
        return
    severance_id = tx.next_id()
    tx.execute(
        sa.insert(severances).values(
            id=severance_id,
            account_id=account_id,
            kind=kind.value,
            target_name=target_name,
            followers_count=followers,
            following_count=following,
            created_at=tx.now_ms,
        )
    )
    notifications.notify(tx, account_id, NotificationKind.SEVERED, account_id, about_id=severance_id)


def by_ids(tx: Tx, ids: list[int]) -> list[sa.Row[Any]]:
    return tx.all(_BY_IDS, {"ids": ids})
