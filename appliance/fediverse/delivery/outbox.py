# SPDX-License-Identifier: AGPL-3.0-or-later
"""The outbox' rows: which may be sent now, what became of them, and what is old enough to go."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from appliance.fediverse.activitypub import hosts as host_memory
from appliance.fediverse.activitypub.signatures import Form
from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, activities, codes, deliveries, hosts, received
from appliance.fediverse.delivery.verdict import Outcome, Verdict
from appliance.fediverse.oauth import apps
from appliance.fediverse.services import departures
from appliance.secret import Secret
from appliance.system.clock import milliseconds

GIVE_UP = timedelta(days=7)
FORGET_RECEIVED = timedelta(days=14)  # far longer than any signature is fresh
FORGET_SENT = timedelta(days=1)

_EARLIER = again(deliveries)
# The first of its line: an author's activities reach a host in the order in which they happened. What the instance's
# own actor says has no author, and needs no order.
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
        activities.c.synchronises,
        accounts.c.username,
        sa.func.coalesce(activities.c.private_key, accounts.c.private_key).label("private_key"),
        sa.func.coalesce(hosts.c.failures, 0).label("failures"),
        hosts.c.signs,
    )
    .join(activities, activities.c.id == deliveries.c.activity_id)
    .outerjoin(accounts, accounts.c.id == deliveries.c.account_id)
    .outerjoin(hosts, hosts.c.host == deliveries.c.host)
    .where(
        deliveries.c.due_at <= sa.bindparam("now"),
        deliveries.c.id.not_in(sa.bindparam("busy", expanding=True)),
        deliveries.c.host.not_in(sa.bindparam("full", expanding=True)),
        sa.or_(deliveries.c.account_id.is_(None), accounts.c.private_key.is_not(None)),
        # Those that did not answer last have a few places of their own, so that they are never in anybody's way.
        sa.case((hosts.c.failures > 0, 1), else_=0) == sa.bindparam("doubtful"),
        _FIRST,
    )
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(sa.bindparam("limit"))
)
_NEXT = sa.select(sa.func.min(deliveries.c.due_at)).where(deliveries.c.due_at > sa.bindparam("now"))


@dataclass(frozen=True)
class Letter:
    """One activity for one inbox. Without an author it is the instance's own; `failures` are the host's, one after
    another; `form` is what it is known to understand."""

    id: int
    inbox: str
    host: str
    author_id: int | None
    username: str | None
    private_key: Secret | None
    body: bytes
    attempts: int
    failures: int
    form: Form | None
    synchronises: bool


def due(tx: Tx, limit: int, busy: Collection[int], full: Collection[str], *, doubtful: bool) -> list[Letter]:
    """What may be sent now: not those with ids in `busy`, and nothing to hosts in `full`; to those hosts that did not
    answer last, or to the others."""
    parameters = {"now": tx.now_ms, "busy": list(busy), "full": list(full), "limit": limit, "doubtful": int(doubtful)}
    rows = tx.all(_DUE, parameters)
    return [
        Letter(
            id=row.id,
            inbox=row.inbox,
            host=row.host,
            author_id=row.account_id,
            username=row.username,
            private_key=Secret(row.private_key) if row.private_key else None,
            body=row.body.encode(),
            attempts=row.attempts,
            failures=row.failures,
            form=Form(row.signs) if row.signs else None,
            synchronises=row.synchronises,
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
    if verdict.form is not None and verdict.form is not letter.form:
        host_memory.learn(tx, letter.host, verdict.form)
    if letter.failures and verdict.outcome is not Outcome.HOST_DOWN:
        host_memory.answered(tx, letter.host)
    match verdict.outcome:
        case Outcome.DONE | Outcome.DROPPED:
            tx.execute(sa.delete(deliveries).where(mine))
        case Outcome.GONE:
            tx.execute(sa.delete(deliveries).where(deliveries.c.inbox == letter.inbox))
            departures.inbox_gone(tx, letter.inbox)
        case Outcome.RETRY | Outcome.HOST_DOWN:
            due_at = tx.now_ms + int(verdict.seconds * 1000)
            tx.execute(
                sa.update(deliveries)
                .where(mine)
                .values(attempts=letter.attempts + 1, due_at=due_at, last_error=verdict.error)
            )
            if verdict.outcome is Outcome.HOST_DOWN:
                host_memory.silent(tx, letter.host, letter.failures + 1, due_at)
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
    apps.prune(tx)
