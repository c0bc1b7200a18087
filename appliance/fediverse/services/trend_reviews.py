# SPDX-License-Identifier: AGPL-3.0-or-later
"""What moderators say of trends. Nothing waits for them: what is not refused is shown."""

from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import cards, statuses, tags, trend_reviews
from appliance.fediverse.services.missing import missing


class Kind(Enum):
    TAG = "tag"
    STATUS = "status"
    LINK = "link"


# By what each is known: as it is in the queries of trends.py.
_SUBJECTS: dict[Kind, tuple[sa.Table, Any]] = {
    Kind.TAG: (tags, tags.c.name),
    Kind.STATUS: (statuses, sa.cast(statuses.c.id, sa.String)),
    Kind.LINK: (cards, cards.c.url),
}


def review(tx: Tx, kind: Kind, thing_id: int, *, allowed: bool) -> sa.Row[Any]:
    """The row of the thing. Raises HearthError not-found."""
    table, subject = _SUBJECTS[kind]
    row = tx.one(sa.select(table, subject.label("subject")).where(table.c.id == thing_id))
    if row is None:
        raise missing()
    mine = sa.and_(trend_reviews.c.kind == kind.value, trend_reviews.c.subject == row.subject)
    tx.execute(sa.delete(trend_reviews).where(mine))
    tx.execute(
        sa.insert(trend_reviews).values(kind=kind.value, subject=row.subject, allowed=allowed, reviewed_at=tx.now_ms)
    )
    return row


def verdicts(tx: Tx, kind: Kind, subjects: list[str]) -> dict[str, bool]:
    """Of those that somebody looked at: whether they may be shown."""
    query = sa.select(trend_reviews).where(trend_reviews.c.kind == kind.value, trend_reviews.c.subject.in_(subjects))
    return {row.subject: row.allowed for row in tx.all(query)}
