# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errands: what other servers are to be asked when nobody waits for it. Wanted here, run by the companion."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import errands
from appliance.fediverse.db.topics import Topic
from appliance.system.clock import milliseconds

MAX_WAITING = 2000  # strangers can make us want things
ATTEMPTS = 3
FIRST_WAIT = timedelta(minutes=5)
REMEMBERED = timedelta(days=1)


class Errand(Enum):
    THREAD = "thread"  # what a status answers, and what answers it; subject: the status' id
    FOLLOWERS = "followers"  # who here follows whom there; subject: the account's id, and where the list is
    MOVE = "move"  # whether an account moved; subject: its id, and the URI it moved to
    FEATURED = "featured"  # what an account pinned; subject: its id
    COLLECTION = "collection"  # who is in a collection there; subject: its id
    COLLECTIONS = "collections"  # which collections an account has; subject: its id
    LINK = "link"  # whether what a profile links to leads back; subject: the account's id, and the link


_AGAIN = {
    Errand.THREAD: timedelta(minutes=15),
    Errand.FOLLOWERS: timedelta(hours=1),
    Errand.MOVE: timedelta(hours=1),
    Errand.FEATURED: timedelta(hours=6),
    Errand.COLLECTION: timedelta(minutes=15),
    Errand.COLLECTIONS: timedelta(hours=6),
    Errand.LINK: timedelta(minutes=1),
}
_MINE = sa.and_(errands.c.kind == sa.bindparam("errand"), errands.c.subject == sa.bindparam("about"))
_FIND = sa.select(errands).where(_MINE)
_WAITING = sa.select(sa.func.count()).select_from(errands).where(errands.c.due_at.is_not(None))
_DUE = (
    sa.select(errands)
    .where(errands.c.due_at <= sa.bindparam("now"))
    .order_by(errands.c.due_at)
    .limit(sa.bindparam("limit"))
)
_NEXT = sa.select(sa.func.min(errands.c.due_at))


@dataclass(frozen=True)
class Wanted:
    errand: Errand
    subject: str
    attempts: int


def is_wanted(tx: Tx, errand: Errand, subject: str) -> bool:
    """Whether it is time to ask for this (again)."""
    row = tx.one(_FIND, {"errand": errand.value, "about": subject})
    return row is None or (row.due_at is None and row.done_at <= milliseconds(tx.now - _AGAIN[errand]))


def want(tx: Tx, errand: Errand, subject: str) -> None:
    """Nothing happens if the same was asked lately, or too much waits already."""
    if not is_wanted(tx, errand, subject) or tx.execute(_WAITING).scalar_one() >= MAX_WAITING:
        return
    tx.execute(sa.delete(errands).where(_MINE), {"errand": errand.value, "about": subject})
    tx.execute(sa.insert(errands).values(kind=errand.value, subject=subject, due_at=tx.now_ms))
    tx.topics.add(Topic.ERRANDS)


def due(tx: Tx, limit: int) -> list[Wanted]:
    rows = tx.all(_DUE, {"now": tx.now_ms, "limit": limit})
    return [Wanted(Errand(row.kind), row.subject, row.attempts) for row in rows]


def next_due(tx: Tx) -> float | None:
    """Seconds until something falls due; None if nothing waits."""
    moment = tx.execute(_NEXT).scalar_one()
    return None if moment is None else max(0.0, (moment - tx.now_ms) / 1000)


def done(tx: Tx, wanted: Wanted) -> None:
    values = {"due_at": None, "done_at": tx.now_ms}
    tx.execute(sa.update(errands).where(_MINE).values(**values), _key(wanted))
    tx.execute(sa.delete(errands).where(errands.c.done_at < milliseconds(tx.now - REMEMBERED)))


def failed(tx: Tx, wanted: Wanted) -> None:
    """It is tried again later, a few times."""
    attempts = wanted.attempts + 1
    if attempts >= ATTEMPTS:
        done(tx, wanted)
        return
    due_at = milliseconds(tx.now + FIRST_WAIT * 4**wanted.attempts)
    tx.execute(sa.update(errands).where(_MINE).values(due_at=due_at, attempts=attempts), _key(wanted))


def _key(wanted: Wanted) -> dict[str, str]:
    return {"errand": wanted.errand.value, "about": wanted.subject}
