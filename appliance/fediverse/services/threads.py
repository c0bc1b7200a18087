# SPDX-License-Identifier: AGPL-3.0-or-later
"""Threads put together: a status joins what it answers when that was found only later."""

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import statuses
from appliance.fediverse.services.status_rows import by_id
from appliance.fediverse.services.visibility import OPEN


def join(tx: Tx, status_id: int, parent_id: int) -> None:
    """Nothing happens if it is joined already, or if it would answer itself by some way round."""
    status, parent = by_id(tx, status_id), by_id(tx, parent_id)
    if status is None or parent is None or parent.boost_of_id is not None or status.visibility not in OPEN:
        return
    if status.in_reply_to_id is not None or status.conversation_id == parent.conversation_id:
        return
    tx.execute(
        sa.update(statuses)
        .where(statuses.c.id == status_id)
        .values(in_reply_to_id=parent.id, in_reply_to_account_id=parent.account_id)
    )
    same = statuses.c.conversation_id == status.conversation_id
    tx.execute(sa.update(statuses).where(same).values(conversation_id=parent.conversation_id))
    counted = statuses.c.replies_count
    tx.execute(sa.update(statuses).where(statuses.c.id == parent.id).values({counted: counted + 1}))
