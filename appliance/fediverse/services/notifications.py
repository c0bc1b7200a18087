# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notifications: what somebody did that concerns a member. https://docs.joinmastodon.org/methods/notifications/"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, notifications
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.visibility import blocked

_ALL_KINDS = tuple(kind.value for kind in NotificationKind)
_WANTED = sa.select(accounts.c.id).where(
    accounts.c.id == sa.bindparam("to_id"),
    accounts.c.domain == "",
    sa.not_(blocked(sa.bindparam("to_id"), sa.bindparam("from_id"))),
)
_SAME = sa.select(notifications.c.id).where(
    notifications.c.account_id == sa.bindparam("to_id"),
    notifications.c.from_account_id == sa.bindparam("from_id"),
    notifications.c.kind == sa.bindparam("kind"),
    notifications.c.status_id.is_not_distinct_from(sa.bindparam("status_id", type_=sa.BigInteger)),
)
_INSERT = sa.insert(notifications)
_LIST = Paged(
    sa.select(notifications)
    .join(accounts, accounts.c.id == notifications.c.from_account_id)
    .where(
        notifications.c.account_id == sa.bindparam("viewer_id"),
        notifications.c.kind.in_(sa.bindparam("kinds", expanding=True)),
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
        sa.or_(
            sa.bindparam("only_from", type_=sa.BigInteger) == 0,
            notifications.c.from_account_id == sa.bindparam("only_from", type_=sa.BigInteger),
        ),
    ),
    notifications.c.id,
)


def notify(tx: Tx, account_id: int, kind: NotificationKind, from_account_id: int, status_id: int | None = None) -> None:
    """Tell a member, once. Nothing happens for remote accounts, where either blocks the other, and for what one does
    oneself, but for the end of a poll."""
    if account_id == from_account_id and kind is not NotificationKind.POLL:
        return
    same = {"to_id": account_id, "from_id": from_account_id, "kind": kind.value, "status_id": status_id}
    if not tx.exists(_WANTED, {"to_id": account_id, "from_id": from_account_id}) or tx.exists(_SAME, same):
        return
    tx.execute(
        _INSERT,
        {
            "id": tx.next_id(),
            "account_id": account_id,
            "kind": kind.value,
            "from_account_id": from_account_id,
            "status_id": status_id,
            "created_at": tx.now_ms,
        },
    )


def page(
    tx: Tx, account_id: int, page: Page, kinds: Collection[str] | None = None, from_account_id: int | None = None
) -> list[sa.Row[Any]]:
    """Newest first; `kinds` are those wanted (None: all)."""
    wanted = list(_ALL_KINDS if kinds is None else kinds)
    return _LIST.rows(tx, page, viewer_id=account_id, kinds=wanted, only_from=from_account_id or 0)


def get(tx: Tx, account_id: int, notification_id: int) -> sa.Row[Any]:
    """Raises HearthError not-found, also for other people's."""
    mine = sa.and_(notifications.c.id == notification_id, notifications.c.account_id == account_id)
    row = tx.one(sa.select(notifications).where(mine))
    if row is None:
        raise missing()
    return row


def dismiss(tx: Tx, account_id: int, notification_id: int) -> None:
    row = get(tx, account_id, notification_id)
    tx.execute(sa.delete(notifications).where(notifications.c.id == row.id))


def clear(tx: Tx, account_id: int) -> None:
    tx.execute(sa.delete(notifications).where(notifications.c.account_id == account_id))


def count_after(tx: Tx, account_id: int, last_read_id: int, limit: int) -> int:
    """How many are newer than `last_read_id`, counted up to `limit`."""
    newer = (
        sa.select(notifications.c.id)
        .where(notifications.c.account_id == account_id, notifications.c.id > last_read_id)
        .limit(limit)
    )
    return len(tx.all(newer))


def withdraw(tx: Tx, account_id: int, kind: NotificationKind, from_account_id: int, status_id: int | None) -> None:
    """What it told of was taken back."""
    tx.execute(
        sa.delete(notifications).where(
            notifications.c.account_id == account_id,
            notifications.c.kind == kind.value,
            notifications.c.from_account_id == from_account_id,
            notifications.c.status_id.is_not_distinct_from(status_id),
        )
    )
