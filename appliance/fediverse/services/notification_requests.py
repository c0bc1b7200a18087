# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests: who has notices waiting that the member's policy keeps apart, and whether she wants them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, notification_requests, notifications
from appliance.fediverse.services import notification_policies, stream_events
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page, Paged

MOST = 100  # counted no further

_LIST = Paged(
    sa.select(notification_requests)
    .join(accounts, accounts.c.id == notification_requests.c.from_account_id)
    .where(
        notification_requests.c.account_id == sa.bindparam("viewer_id"),
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
    ),
    notification_requests.c.id,
)


@dataclass(frozen=True)
class Summary:
    requests: int
    notifications: int


def note(tx: Tx, account_id: int, from_account_id: int, status_id: int | None) -> None:
    """One more notice is kept apart."""
    known = _find(tx, account_id, from_account_id)
    if known is None:
        tx.execute(
            sa.insert(notification_requests).values(
                id=tx.next_id(),
                account_id=account_id,
                from_account_id=from_account_id,
                last_status_id=status_id,
                waiting=1,
                created_at=tx.now_ms,
                updated_at=tx.now_ms,
            )
        )
        return
    values = {"waiting": min(known.waiting + 1, MOST), "updated_at": tx.now_ms}
    if status_id is not None:
        values["last_status_id"] = status_id
    tx.execute(sa.update(notification_requests).where(notification_requests.c.id == known.id).values(**values))


def page(tx: Tx, account_id: int, page: Page) -> list[sa.Row[Any]]:
    return _LIST.rows(tx, page, viewer_id=account_id)


def get(tx: Tx, account_id: int, request_id: int) -> sa.Row[Any]:
    """Raises HearthError not-found, also for other people's."""
    mine = sa.and_(notification_requests.c.id == request_id, notification_requests.c.account_id == account_id)
    row = tx.one(sa.select(notification_requests).where(mine))
    if row is None:
        raise missing()
    return row


def accept(tx: Tx, account_id: int, request_ids: Iterable[int]) -> None:
    """Put what waited among the others, and let these people through from now on. Raises HearthError not-found."""
    for row in [get(tx, account_id, each) for each in request_ids]:
        notification_policies.permit(tx, account_id, row.from_account_id)
        tx.execute(sa.update(notifications).where(_waiting(row)).values(filtered=False))
        _remove(tx, row)
        stream_events.notifications_merged(tx, account_id)


def dismiss(tx: Tx, account_id: int, request_ids: Iterable[int]) -> None:
    """Forget what waited. Raises HearthError not-found."""
    for row in [get(tx, account_id, each) for each in request_ids]:
        tx.execute(sa.delete(notifications).where(_waiting(row)))
        _remove(tx, row)


def summary(tx: Tx, account_id: int) -> Summary:
    mine = notification_requests.c.account_id == account_id
    counts = [row.waiting for row in tx.all(sa.select(notification_requests.c.waiting).where(mine).limit(MOST))]
    return Summary(len(counts), sum(counts))


def _find(tx: Tx, account_id: int, from_account_id: int) -> sa.Row[Any] | None:
    return tx.one(
        sa.select(notification_requests).where(
            notification_requests.c.account_id == account_id,
            notification_requests.c.from_account_id == from_account_id,
        )
    )


def _waiting(row: sa.Row[Any]) -> "sa.ColumnElement[bool]":
    return sa.and_(
        notifications.c.account_id == row.account_id,
        notifications.c.from_account_id == row.from_account_id,
        notifications.c.filtered,
    )


def _remove(tx: Tx, row: sa.Row[Any]) -> None:
    tx.execute(sa.delete(notification_requests).where(notification_requests.c.id == row.id))
