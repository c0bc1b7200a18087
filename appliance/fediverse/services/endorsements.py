# SPDX-License-Identifier: AGPL-3.0-or-later
"""Endorsements: people whom a member shows on her profile."""

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import endorsements
from appliance.fediverse.model import FollowState
from appliance.fediverse.services import follows

MAX = 200


def add(tx: Tx, account_id: int, target_id: int) -> None:
    """Endorsing twice changes nothing. Raises BadInput unless she is followed."""
    known = follows.find(tx, account_id, target_id)
    if known is None or known.state != FollowState.ACCEPTED.value:
        raise BadInput("Validation failed: You must be already following the person you want to endorse", "")
    if tx.exists(_mine(account_id, target_id)):
        return
    if len(tx.all(sa.select(endorsements.c.id).where(endorsements.c.account_id == account_id).limit(MAX))) >= MAX:
        raise BadInput(f"Validation failed: There can be {MAX} at most", "")
    tx.execute(
        sa.insert(endorsements).values(
            id=tx.next_id(), account_id=account_id, target_id=target_id, created_at=tx.now_ms
        )
    )


def remove(tx: Tx, account_id: int, target_id: int) -> None:
    """Nothing happens if there is none."""
    mine = sa.and_(endorsements.c.account_id == account_id, endorsements.c.target_id == target_id)
    tx.execute(sa.delete(endorsements).where(mine))


def _mine(account_id: int, target_id: int) -> "sa.Select[tuple[int]]":
    return sa.select(endorsements.c.id).where(
        endorsements.c.account_id == account_id, endorsements.c.target_id == target_id
    )
