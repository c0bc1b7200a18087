# SPDX-License-Identifier: AGPL-3.0-or-later
"""Blocks: whoever is blocked can't follow, mention, boost, quote or see the blocker."""

import sqlalchemy as sa

from appliance.errors import Refused
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import blocks, notifications
from appliance.fediverse.services import collection_items, follows, quoting, refill
from appliance.fediverse.services.accounts import by_id
from appliance.fediverse.services.missing import missing
from appliance.fediverse.urls import Urls

_FIND = sa.select(blocks.c.id).where(
    blocks.c.account_id == sa.bindparam("account_id"), blocks.c.target_id == sa.bindparam("target_id")
)


def block(tx: Tx, urls: Urls, account_id: int, target_id: int, *, uri: str | None = None) -> None:
    """Ends the follows between the two as well, takes back the leave by which the one quotes the other, and takes each
    out of the other's collections.

    Blocking twice changes nothing. Raises HearthError not-found.
    """
    if by_id(tx, target_id) is None:
        raise missing()
    if account_id == target_id:
        raise Refused("block-refused", "This action is not allowed")
    if _find(tx, account_id, target_id) is not None:
        return
    follows.unfollow(tx, urls, account_id, target_id)
    follows.reject(tx, urls, account_id, target_id)
    quoting.withdrawn_from(tx, urls, account_id, target_id)
    collection_items.part(tx, urls, account_id, target_id)
    refill.clear(tx, account_id, target_id)
    refill.clear(tx, target_id, account_id)
    tx.execute(
        sa.delete(notifications).where(
            notifications.c.account_id == account_id, notifications.c.from_account_id == target_id
        )
    )
    block_id = tx.next_id()
    tx.execute(
        sa.insert(blocks).values(id=block_id, account_id=account_id, target_id=target_id, uri=uri, created_at=tx.now_ms)
    )
    outgoing.blocked(tx, urls, block_id)


def unblock(tx: Tx, urls: Urls, account_id: int, target_id: int) -> None:
    """Nothing happens if there is no block."""
    block_id = _find(tx, account_id, target_id)
    if block_id is not None:
        outgoing.unblocked(tx, urls, block_id)
        tx.execute(sa.delete(blocks).where(blocks.c.id == block_id))


def refuse_blocked(tx: Tx, account_id: int, author_id: int) -> None:
    """Whoever blocks an author neither favours, boosts nor votes on what is theirs. Raises Refused."""
    if _find(tx, account_id, author_id) is not None:
        raise Refused("blocked-by-you", "This action is not allowed")


def _find(tx: Tx, account_id: int, target_id: int) -> int | None:
    row = tx.one(_FIND, {"account_id": account_id, "target_id": target_id})
    return None if row is None else int(row.id)
