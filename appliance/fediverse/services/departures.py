# SPDX-License-Identifier: AGPL-3.0-or-later
"""People of other servers whose inbox is no more: what cannot reach them is no longer sent."""

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows
from appliance.fediverse.model import FollowState


def inbox_gone(tx: Tx, inbox: str) -> None:
    """An inbox answered that it is gone. Where it was shared by many, each is tried at home from now on; whose own
    it was follows nobody here any more."""
    tx.execute(sa.update(accounts).where(accounts.c.shared_inbox == inbox).values(shared_inbox=None))
    gone = sa.select(accounts.c.id).where(accounts.c.inbox == inbox, accounts.c.domain != "")
    for row in tx.all(gone):
        followees = sa.select(follows.c.followee_id).where(
            follows.c.follower_id == row.id, follows.c.state == FollowState.ACCEPTED.value
        )
        counted = accounts.c.followers_count
        tx.execute(sa.update(accounts).where(accounts.c.id.in_(followees)).values({counted: counted - 1}))
        tx.execute(sa.delete(follows).where(follows.c.follower_id == row.id))
        tx.execute(sa.update(accounts).where(accounts.c.id == row.id).values(following_count=0))
