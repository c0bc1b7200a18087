# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rows of pushes that are to be sent: which are due, and what became of them."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.ids import floor
from appliance.fediverse.db.tables import accounts, members, notifications, push_errands, push_subscriptions
from appliance.fediverse.mastodon_api.entities import notifications as entities
from appliance.fediverse.model import MemberState
from appliance.fediverse.push import messages
from appliance.fediverse.push.encryption import Receiver
from appliance.fediverse.urls import Urls

log = logging.getLogger(__name__)
OLD = timedelta(hours=48)  # nobody wants to be told any more

_DUE = (
    sa.select(
        push_errands.c.id,
        push_errands.c.attempts,
        push_errands.c.subscription_id,
        push_errands.c.notification_id,
        push_subscriptions.c.account_id,
        push_subscriptions.c.token,
        push_subscriptions.c.endpoint,
        push_subscriptions.c.public_key,
        push_subscriptions.c.auth,
        push_subscriptions.c.standard,
        members.c.locale,
        sa.and_(members.c.state == MemberState.ACTIVE.value, accounts.c.suspended_at.is_(None)).label("may_read"),
    )
    .join(push_subscriptions, push_subscriptions.c.id == push_errands.c.subscription_id)
    .join(members, members.c.account_id == push_subscriptions.c.account_id)
    .join(accounts, accounts.c.id == push_subscriptions.c.account_id)
    .where(push_errands.c.due_at <= sa.bindparam("now"))
    .order_by(push_errands.c.due_at, push_errands.c.id)
    .limit(sa.bindparam("limit"))
)
_NOTICES = sa.select(notifications).where(
    notifications.c.id.in_(sa.bindparam("ids", expanding=True)), notifications.c.account_id == sa.bindparam("reader_id")
)
_NEXT = sa.select(sa.func.min(push_errands.c.due_at)).where(push_errands.c.due_at > sa.bindparam("now"))


class Outcome(Enum):
    DONE = "done"  # or never to be done
    GONE = "gone"  # nobody listens there any more
    LATER = "later"


@dataclass(frozen=True)
class Push:
    """One notice for one subscription; `text` is None where there is nothing to be told any more."""

    id: int
    subscription_id: int
    endpoint: str
    receiver: Receiver
    standard: bool
    attempts: int
    text: bytes | None


def due(tx: Tx, urls: Urls, limit: int) -> list[Push]:
    """What may be sent now, written as its reader would read it."""
    rows = tx.all(_DUE, {"now": tx.now_ms, "limit": limit})
    # Who may not log in is told nothing.
    told = _told(tx, urls, [row for row in rows if row.may_read])
    return [
        Push(
            row.id,
            row.subscription_id,
            row.endpoint,
            Receiver(row.public_key, row.auth),
            row.standard,
            row.attempts,
            messages.text(told[row.notification_id], row.token, row.locale or "en")
            if row.notification_id in told
            else None,
        )
        for row in rows
    ]


def next_due(tx: Tx) -> float | None:
    """Seconds until something more falls due; None if nothing waits."""
    moment = tx.connection.execute(_NEXT, {"now": tx.now_ms}).scalar_one()
    return None if moment is None else (moment - tx.now_ms) / 1000


def settle(tx: Tx, push: Push, outcome: Outcome, seconds: float = 0.0) -> None:
    """`seconds` is how long to wait for another try, with all that waits for the same subscription."""
    if outcome is Outcome.GONE:
        tx.execute(sa.delete(push_subscriptions).where(push_subscriptions.c.id == push.subscription_id))
    elif outcome is Outcome.DONE or push.id < floor(tx.now - OLD):
        tx.execute(sa.delete(push_errands).where(push_errands.c.id == push.id))
    else:
        due_at = tx.now_ms + int(seconds * 1000)
        mine = push_errands.c.subscription_id == push.subscription_id
        tx.execute(sa.update(push_errands).where(mine, push_errands.c.due_at < due_at).values(due_at=due_at))
        tx.execute(sa.update(push_errands).where(push_errands.c.id == push.id).values(attempts=push.attempts + 1))


def _told(tx: Tx, urls: Urls, rows: list[sa.Row[Any]]) -> dict[int, dict[str, Any]]:
    """The notices by id, without what their reader may not see any more."""
    told: dict[int, dict[str, Any]] = {}
    for account_id in dict.fromkeys(row.account_id for row in rows):
        ids = [row.notification_id for row in rows if row.account_id == account_id]
        notices = tx.all(_NOTICES, {"ids": ids, "reader_id": account_id})
        try:
            told |= {int(each["id"]): each for each in entities.draw(tx, urls, account_id, notices)}
        except Exception:  # it would fail the next time, too
            log.exception("what is new for %s could not be pushed", account_id)
    return told
