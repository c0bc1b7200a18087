# SPDX-License-Identifier: AGPL-3.0-or-later
"""What hangs on a follow: being on the follower's lists, and being endorsed. Posts in timelines are refill.py's."""

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import endorsements, list_accounts, lists

_OWN = sa.select(lists.c.id).where(lists.c.account_id == sa.bindparam("follower_id"))
_FROM_LISTS = sa.delete(list_accounts).where(
    list_accounts.c.account_id == sa.bindparam("followee_id"), list_accounts.c.list_id.in_(_OWN)
)
_ENDORSEMENT = sa.delete(endorsements).where(
    endorsements.c.account_id == sa.bindparam("follower_id"), endorsements.c.target_id == sa.bindparam("followee_id")
)


def cut(tx: Tx, follower_id: int, followee_id: int) -> None:
    """The follow ends."""
    for statement in (_FROM_LISTS, _ENDORSEMENT):
        tx.execute(statement, {"follower_id": follower_id, "followee_id": followee_id})
