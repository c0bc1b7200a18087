# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pins: the posts that somebody shows first. Known to other servers as the collection `featured`."""

from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import pins, statuses
from appliance.fediverse.model import Visibility
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.status_rows import by_id, seen_by
from appliance.fediverse.services.visibility import NOBODY, visible
from appliance.fediverse.urls import Urls

MOST = 5
MOST_ELSEWHERE = 20

_OF_ACCOUNT = Paged(
    sa.select(statuses, pins.c.id.label("page_id"))
    .join(pins, pins.c.status_id == statuses.c.id)
    .where(pins.c.account_id == sa.bindparam("author_id"), visible()),
    pins.c.id,
)
_FIND = sa.select(pins.c.id).where(
    pins.c.account_id == sa.bindparam("account_id"), pins.c.status_id == sa.bindparam("status_id")
)


def pin(tx: Tx, urls: Urls, account_id: int, status_id: int) -> None:
    """One's own post. Pinning twice changes nothing. Raises HearthError not-found, BadInput."""
    status = seen_by(tx, account_id, status_id)
    if status.boost_of_id is not None:
        raise BadInput("Validation failed: A boost cannot be pinned", "")
    if status.account_id != account_id:
        raise BadInput("Validation failed: Someone else's post cannot be pinned", "")
    if status.visibility == Visibility.DIRECT.value:
        raise BadInput("Validation failed: Posts that are only visible to mentioned users cannot be pinned", "")
    if _find(tx, account_id, status_id) is not None:
        return
    if _count(tx, account_id) >= MOST:
        raise BadInput("Validation failed: You have already pinned the maximum number of posts", "")
    outgoing.pinned(tx, urls, _store(tx, account_id, status_id))


def unpin(tx: Tx, urls: Urls, account_id: int, status_id: int) -> None:
    """Nothing happens if it is not pinned. Raises HearthError not-found."""
    seen_by(tx, account_id, status_id)
    pin_id = _find(tx, account_id, status_id)
    if pin_id is not None:
        outgoing.unpinned(tx, urls, pin_id)
        tx.execute(sa.delete(pins).where(pins.c.id == pin_id))


def receive_add(tx: Tx, account_id: int, status_id: int) -> None:
    """Somebody elsewhere pinned a post; nothing happens unless it is that person's own."""
    status = by_id(tx, status_id)
    if status is None or status.account_id != account_id or status.boost_of_id is not None:
        return
    if _find(tx, account_id, status_id) is None and _count(tx, account_id) < MOST_ELSEWHERE:
        _store(tx, account_id, status_id)


def receive_remove(tx: Tx, account_id: int, status_id: int) -> None:
    tx.execute(sa.delete(pins).where(pins.c.account_id == account_id, pins.c.status_id == status_id))


def page(tx: Tx, viewer_id: int | None, author_id: int, page: Page) -> list[sa.Row[Any]]:
    """Pinned posts that the viewer may see, the one pinned last first; with `page_id`, by which the list is paged."""
    return _OF_ACCOUNT.rows(tx, page, viewer_id=viewer_id or NOBODY, author_id=author_id)


def _find(tx: Tx, account_id: int, status_id: int) -> int | None:
    row = tx.one(_FIND, {"account_id": account_id, "status_id": status_id})
    return None if row is None else int(row.id)


def _count(tx: Tx, account_id: int) -> int:
    return int(tx.execute(sa.select(sa.func.count()).where(pins.c.account_id == account_id)).scalar_one())


def _store(tx: Tx, account_id: int, status_id: int) -> int:
    pin_id = tx.next_id()
    tx.execute(sa.insert(pins).values(id=pin_id, account_id=account_id, status_id=status_id, created_at=tx.now_ms))
    return pin_id
