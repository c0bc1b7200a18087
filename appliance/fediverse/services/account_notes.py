# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notes about others that nobody but the member sees."""

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import account_notes

MAX_COMMENT = 2000


def put(tx: Tx, account_id: int, target_id: int, comment: str) -> None:
    """An empty note is none. Raises BadInput."""
    if len(comment) > MAX_COMMENT:
        raise BadInput(f"Validation failed: Comment is too long (maximum is {MAX_COMMENT} characters)", "")
    mine = sa.and_(account_notes.c.account_id == account_id, account_notes.c.target_id == target_id)
    tx.execute(sa.delete(account_notes).where(mine))
    if comment.strip():
        tx.execute(sa.insert(account_notes).values(account_id=account_id, target_id=target_id, comment=comment))
