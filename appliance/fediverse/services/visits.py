# SPDX-License-Identifier: AGPL-3.0-or-later
"""Visits: on which days a member was here, and nothing more exact."""

import contextlib

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import visits

DAY_MILLISECONDS = 24 * 60 * 60 * 1000
_KEPT_DAYS = 400
_KNOWN = sa.select(visits.c.day).where(
    visits.c.day == sa.bindparam("today"), visits.c.account_id == sa.bindparam("who")
)


def today(tx: Tx) -> int:
    """Days since 1970."""
    return tx.now_ms // DAY_MILLISECONDS


def note(tx: Tx, account_id: int) -> None:
    day = today(tx)
    if tx.exists(_KNOWN, {"today": day, "who": account_id}):
        return
    # Two of her apps may come at the same moment, and PostgreSQL lets both write.
    with contextlib.suppress(sa.exc.IntegrityError), tx.connection.begin_nested():
        tx.execute(sa.insert(visits).values(day=day, account_id=account_id))
    tx.execute(sa.delete(visits).where(visits.c.day < day - _KEPT_DAYS))


def members_between(tx: Tx, first_day: int, last_day: int) -> int:
    """How many members were here on any of these days."""
    return int(
        tx.execute(
            sa.select(sa.func.count(visits.c.account_id.distinct())).where(visits.c.day.between(first_day, last_day))
        ).scalar_one()
    )
