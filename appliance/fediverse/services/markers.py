# SPDX-License-Identifier: AGPL-3.0-or-later
"""How far a member has read. https://docs.joinmastodon.org/methods/markers/"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import markers

TIMELINES = ("home", "notifications")


def get(tx: Tx, account_id: int, timelines: Collection[str]) -> list[sa.Row[Any]]:
    mine = sa.and_(markers.c.account_id == account_id, markers.c.timeline.in_(list(timelines)))
    return tx.all(sa.select(markers).where(mine))


def put(tx: Tx, account_id: int, timeline: str, last_read_id: int, *, version: int | None = None) -> None:
    """`version` is the one that the app knows, if it says so. Raises HearthError conflict when there is a newer one."""
    known = get(tx, account_id, [timeline])
    if version is not None and version != (known[0].version if known else 0):
        raise HearthError("conflict", "Conflict during update, please try again", status=409)
    values = {"last_read_id": last_read_id, "updated_at": tx.now_ms}
    if known:
        mine = sa.and_(markers.c.account_id == account_id, markers.c.timeline == timeline)
        tx.execute(sa.update(markers).where(mine).values(version=known[0].version + 1, **values))
    else:
        tx.execute(sa.insert(markers).values(account_id=account_id, timeline=timeline, version=1, **values))
