# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notifications: what somebody did that concerns a member. https://docs.joinmastodon.org/methods/notifications/"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, notifications
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.services import (
    notification_groups,
    notification_policies,
    notification_requests,
    push_subscriptions,
)
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.notification_policies import Fate
from appliance.fediverse.services.paging import Page, Paged

ALL_KINDS = tuple(kind.value for kind in NotificationKind)
# What the instance itself tells a member: it comes from nobody, so from herself.
_FROM_ONESELF = (NotificationKind.POLL, NotificationKind.SEVERED, NotificationKind.WARNING)
# Of edits only the last is worth telling of.
_REPLACES = (NotificationKind.UPDATE, NotificationKind.QUOTED_UPDATE, NotificationKind.COLLECTION_UPDATE)

_SAME = sa.and_(
    notifications.c.account_id == sa.bindparam("to_id"),
    notifications.c.from_account_id == sa.bindparam("from_id"),
    notifications.c.kind == sa.bindparam("kind"),
)
# Two questions, since no index answers one that also takes NULL for a value.
_SAME_ABOUT_STATUS = sa.select(notifications.c.id).where(
    _SAME, notifications.c.status_id == sa.bindparam("status_id", type_=sa.BigInteger)
)
_SAME_WITHOUT = sa.select(notifications.c.id).where(
    _SAME,
    notifications.c.status_id.is_(None),
    sa.func.coalesce(notifications.c.about_id, 0) == sa.bindparam("about_id", type_=sa.BigInteger),
)
_INSERT = sa.insert(notifications)


def _listed(*conditions: "sa.ColumnElement[bool]") -> Paged:
    return Paged(
        sa.select(notifications)
        .join(accounts, accounts.c.id == notifications.c.from_account_id)
        .where(
            notifications.c.account_id == sa.bindparam("viewer_id"),
            notifications.c.kind.in_(sa.bindparam("kinds", expanding=True)),
            # Whoever waits to be let in is hidden from all but those who decide.
            sa.or_(accounts.c.suspended_at.is_(None), notifications.c.kind == NotificationKind.SIGN_UP.value),
            accounts.c.deleted_at.is_(None),
            *conditions,
        ),
        notifications.c.id,
    )


_FROM_ONE = notifications.c.from_account_id == sa.bindparam("only_from", type_=sa.BigInteger)
# By whether they are those kept apart, which an index has one after the other, and whether only those from one account
# are wanted.
_LIST = {
    (filtered, one): _listed(notifications.c.filtered.is_(filtered), *((_FROM_ONE,) if one else ()))
    for filtered in (False, True)
    for one in (False, True)
}


@dataclass(frozen=True)
class Wanted:
    """Which of a member's notifications are asked for."""

    kinds: Collection[str] = ALL_KINDS
    from_account_id: int | None = None
    filtered: bool = False  # those that her policy keeps apart, too


def notify(
    tx: Tx,
    account_id: int,
    kind: NotificationKind,
    from_account_id: int,
    status_id: int | None = None,
    *,
    about_id: int | None = None,
) -> None:
    """Tell a member, once. Nothing happens for remote accounts, and where she does not want to hear it.

    `about_id` is the report, strike, severance or collection that it tells of.
    """
    if account_id == from_account_id and kind not in _FROM_ONESELF:
        return
    judged = notification_policies.judge(tx, account_id, kind, from_account_id, status_id)
    if judged.fate is Fate.DROP:
        return
    if kind in _REPLACES:
        withdraw(tx, account_id, kind, from_account_id, status_id, about_id)
    elif _known(tx, account_id, kind, from_account_id, status_id, about_id):
        return
    filtered = judged.fate is Fate.FILTER
    notification_id = tx.next_id()
    tx.execute(
        _INSERT,
        {
            "id": notification_id,
            "account_id": account_id,
            "kind": kind.value,
            "from_account_id": from_account_id,
            "status_id": status_id,
            "about_id": about_id,
            "group_key": notification_groups.key(tx, account_id, kind, status_id),
            "filtered": filtered,
            "created_at": tx.now_ms,
        },
    )
    if filtered:
        notification_requests.note(tx, account_id, from_account_id, status_id)
    elif judged.pushed:
        push_subscriptions.enqueue(tx, account_id, kind, from_account_id, notification_id)


def page(tx: Tx, account_id: int, page: Page, wanted: Wanted | None = None) -> list[sa.Row[Any]]:
    """Newest first."""
    wanted = wanted or Wanted()
    only_from = wanted.from_account_id
    parameters = {"viewer_id": account_id, "kinds": list(wanted.kinds)} | (
        {"only_from": only_from} if only_from is not None else {}
    )
    found = _LIST[False, only_from is not None].rows(tx, page, **parameters)
    if wanted.filtered:
        found += _LIST[True, only_from is not None].rows(tx, page, **parameters)
        found.sort(key=lambda row: -int(row.id))
    return found[: page.limit] if page.min_id is None else found[-page.limit :]


def count_after(tx: Tx, account_id: int, last_read_id: int, limit: int, wanted: Wanted | None = None) -> int:
    """How many are newer than `last_read_id`, counted up to `limit`."""
    return len(page(tx, account_id, Page(limit, since_id=last_read_id), wanted))


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


def withdraw(
    tx: Tx,
    account_id: int,
    kind: NotificationKind,
    from_account_id: int,
    status_id: int | None,
    about_id: int | None = None,
) -> None:
    """What it told of was taken back."""
    tx.execute(
        sa.delete(notifications).where(
            notifications.c.account_id == account_id,
            notifications.c.kind == kind.value,
            notifications.c.from_account_id == from_account_id,
            notifications.c.status_id.is_(None) if status_id is None else notifications.c.status_id == status_id,
            notifications.c.about_id.is_(None) if about_id is None else notifications.c.about_id == about_id,
        )
    )


def _known(
    tx: Tx,
    account_id: int,
    kind: NotificationKind,
    from_account_id: int,
    status_id: int | None,
    about_id: int | None,
) -> bool:
    same = {"to_id": account_id, "from_id": from_account_id, "kind": kind.value}
    if status_id is not None:
        return tx.exists(_SAME_ABOUT_STATUS, {**same, "status_id": status_id})
    return tx.exists(_SAME_WITHOUT, {**same, "about_id": about_id or 0})
