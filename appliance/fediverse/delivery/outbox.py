# SPDX-License-Identifier: AGPL-3.0-or-later
"""The outbox' rows: which may be sent now, what became of them, and what is old enough to go."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, activities, codes, deliveries, received
from appliance.fediverse.delivery.verdict import Outcome, Verdict
from appliance.secret import Secret
from appliance.system.clock import milliseconds

GIVE_UP = timedelta(days=7)
FORGET_RECEIVED = timedelta(days=14)  # far longer than any signature is fresh
FORGET_SENT = timedelta(days=1)

_EARLIER = sa.alias(deliveries)
# The first of its line: an author's activities reach a host in the order in which they happened.
_FIRST = ~sa.exists().where(
    _EARLIER.c.host == deliveries.c.host,
    _EARLIER.c.account_id == deliveries.c.account_id,
    _EARLIER.c.id < deliveries.c.id,
)
_DUE = (
    sa.select(
        deliveries.c.id,
        deliveries.c.inbox,
        deliveries.c.host,
        deliveries.c.account_id,
        deliveries.c.attempts,
        activities.c.body,
        accounts.c.username,
        accounts.c.private_key,
    )
    .join(activities, activities.c.id == deliveries.c.activity_id)
    .join(accounts, accounts.c.id == deliveries.c.account_id)
    .where(
        deliveries.c.due_at <= sa.bindparam("now"),
        deliveries.c.id.not_in(sa.bindparam("busy", expanding=True)),
        deliveries.c.host.not_in(sa.bindparam("full", expanding=True)),
        accounts.c.private_key.is_not(None),
        _FIRST,
    )
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(sa.bindparam("limit"))
)
_NEXT = sa.select(sa.func.min(deliveries.c.due_at)).where(deliveries.c.due_at > sa.bindparam("now"))


@dataclass(frozen=True)
class Letter:
    """One activity for one inbox."""

    id: int
    inbox: str
    host: str
    author_id: int
    username: str
    private_key: Secret
    body: bytes
    attempts: int

    @property
    def lane(self) -> tuple[str, int]:
        return self.host, self.author_id


def due(tx: Tx, limit: int, busy: Collection[int], full: Collection[str]) -> list[Letter]:
    """What may be sent now: not those with ids in `busy`, and nothing to hosts in `full`."""
    rows = tx.all(_DUE, {"now": tx.now_ms, "busy": list(busy), "full": list(full), "limit": limit})
    return [
        Letter(
            id=row.id,
            inbox=row.inbox,
            host=row.host,
            author_id=row.account_id,
            username=row.username,
            private_key=Secret(row.private_key),
            body=row.body.encode(),
            attempts=row.attempts,
        )
        for row in rows
    ]


def next_due(tx: Tx) -> float | None:
    """Seconds until something more falls due; None if nothing waits."""
    moment = tx.connection.execute(_NEXT, {"now": tx.now_ms}).scalar_one()
    return None if moment is None else (moment - tx.now_ms) / 1000


def settle(tx: Tx, letter: Letter, verdict: Verdict) -> None:
    """A row goes only when the other server took it, or never will."""
    mine = deliveries.c.id == letter.id
    match verdict.outcome:
        case Outcome.DONE | Outcome.DROPPED:
            tx.execute(sa.delete(deliveries).where(mine))
        case Outcome.GONE:
            tx.execute(sa.delete(deliveries).where(deliveries.c.inbox == letter.inbox))
        case Outcome.RETRY | Outcome.HOST_DOWN:
            due_at = tx.now_ms + int(verdict.seconds * 1000)
            tx.execute(
                sa.update(deliveries)
                .where(mine)
                .values(attempts=letter.attempts + 1, due_at=due_at, last_error=verdict.error)
            )
            if verdict.outcome is Outcome.HOST_DOWN:
                others = sa.and_(deliveries.c.host == letter.host, deliveries.c.due_at < due_at)
                tx.execute(sa.update(deliveries).where(others).values(due_at=due_at))


def prune(tx: Tx) -> None:
    """Give up what nobody took for a week, and forget what is of no more use."""
    given_up = sa.select(activities.c.id).where(activities.c.created_at < milliseconds(tx.now - GIVE_UP))
    tx.execute(sa.delete(deliveries).where(deliveries.c.activity_id.in_(given_up)))
    waiting = sa.exists().where(deliveries.c.activity_id == activities.c.id)
    sent = sa.and_(activities.c.created_at < milliseconds(tx.now - FORGET_SENT), ~waiting)
    tx.execute(sa.delete(activities).where(sent))
    tx.execute(sa.delete(received).where(received.c.received_at < milliseconds(tx.now - FORGET_RECEIVED)))
    tx.execute(sa.delete(codes).where(codes.c.expires_at < tx.now_ms))
