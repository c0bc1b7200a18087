# SPDX-License-Identifier: AGPL-3.0-or-later
"""Posts that wait for their time. https://docs.joinmastodon.org/methods/scheduled_statuses/

What is kept is the draft as it would have been posted at once. To publish is one transaction, in which the row goes
and the post comes, so a power cut at any moment neither loses it nor posts it twice.
"""

import logging
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput, HearthError
from appliance.fediverse.db.database import Database, Tx
from appliance.fediverse.db.tables import scheduled_statuses
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import idempotency, media, statuses
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.polls import NewPoll
from appliance.fediverse.services.statuses import Draft
from appliance.fediverse.urls import Urls

MIN_MILLISECONDS = 5 * 60 * 1000
MAX_IN_ALL = 300
_DAY = 24 * 60 * 60 * 1000
MAX_A_DAY = 25
_FOR_GOOD = (404, 422)  # a draft that was refused with these will be refused again

_LIST = Paged(
    sa.select(scheduled_statuses).where(scheduled_statuses.c.account_id == sa.bindparam("account_id")),
    scheduled_statuses.c.id,
)
_DUE = (
    sa.select(scheduled_statuses)
    .where(scheduled_statuses.c.due_at <= sa.bindparam("now"))
    .order_by(scheduled_statuses.c.due_at, scheduled_statuses.c.id)
    .limit(1)
)
_NEXT = sa.select(sa.func.min(scheduled_statuses.c.due_at))

log = logging.getLogger(__name__)


def schedule(tx: Tx, account_id: int, draft: Draft, due_at: int) -> int:
    """`due_at` in milliseconds, five minutes from now at the earliest. Raises BadInput, HearthError not-found."""
    key = draft.idempotency_key
    if key and (earlier := idempotency.earlier(tx, account_id, key, scheduled_statuses)):
        return earlier
    _check_time(tx, due_at)
    _check_room(tx, account_id, due_at)
    statuses.check(tx, account_id, draft)
    media.hold(tx, account_id, draft.media_ids, due_at)
    scheduled_id = tx.next_id()
    tx.execute(
        sa.insert(scheduled_statuses).values(
            id=scheduled_id,
            account_id=account_id,
            app_id=draft.app_id,
            due_at=due_at,
            draft=_kept(draft),
            created_at=tx.now_ms,
        )
    )
    if key:
        idempotency.remember(tx, account_id, key, scheduled_id)
    tx.topics.add(Topic.SCHEDULED)
    return scheduled_id


def page(tx: Tx, account_id: int, page: Page) -> list[sa.Row[Any]]:
    return _LIST.rows(tx, page, account_id=account_id)


def get(tx: Tx, account_id: int, scheduled_id: int) -> sa.Row[Any]:
    """Raises HearthError not-found, also for other people's."""
    row = tx.one(
        sa.select(scheduled_statuses).where(
            scheduled_statuses.c.id == scheduled_id, scheduled_statuses.c.account_id == account_id
        )
    )
    if row is None:
        raise missing()
    return row


def draft_of(row: sa.Row[Any]) -> Draft:
    """What will be posted."""
    kept: dict[str, Any] = dict(row.draft)
    poll = kept.pop("poll", None)
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
    } | {"visibility": Visibility(kept["visibility"]), "app_id": row.app_id}
    return Draft(**values, poll=NewPoll(**poll | {"options": tuple(poll["options"])}) if poll else None)


def move(tx: Tx, account_id: int, scheduled_id: int, due_at: int) -> None:
    """Raises HearthError not-found, BadInput."""
    row = get(tx, account_id, scheduled_id)
    _check_time(tx, due_at)
    tx.execute(sa.update(scheduled_statuses).where(scheduled_statuses.c.id == row.id).values(due_at=due_at))
    media.hold(tx, account_id, draft_of(row).media_ids, due_at)
    tx.topics.add(Topic.SCHEDULED)


def cancel(tx: Tx, account_id: int, scheduled_id: int) -> None:
    """Raises HearthError not-found."""
    row = get(tx, account_id, scheduled_id)
    tx.execute(sa.delete(scheduled_statuses).where(scheduled_statuses.c.id == row.id))
    media.hold(tx, account_id, draft_of(row).media_ids, tx.now_ms)


def publish_one(database: Database, urls: Urls) -> bool:
    """Post one that is due; false if there is none. What it answers may be gone by now: then it answers nothing."""
    with database.read() as tx:
        row = tx.one(_DUE, {"now": tx.now_ms})
    if row is None:
        return False
    for draft in (draft_of(row), replace(draft_of(row), in_reply_to_id=None)):
        try:
            with database.write() as tx:
                if _take(tx, row.id):
                    statuses.create(tx, urls, row.account_id, draft)
            return True
        except HearthError as error:
            if error.status not in _FOR_GOOD:
                raise
            sentence = error.sentence
    log.warning("a scheduled post could not be published: %s", sentence)
    with database.write() as tx:
        _take(tx, row.id)
    return True


def next_due(tx: Tx) -> int | None:
    """When the next one is to be posted, in milliseconds."""
    moment: int | None = tx.execute(_NEXT).scalar_one()
    return moment


def _take(tx: Tx, scheduled_id: int) -> bool:
    """False if it was cancelled, or published by another, in between."""
    gone = tx.execute(sa.delete(scheduled_statuses).where(scheduled_statuses.c.id == scheduled_id))
    return gone.rowcount == 1


def _kept(draft: Draft) -> dict[str, Any]:
    return {name: value for name, value in asdict(draft).items() if name not in ("app_id", "idempotency_key")} | {
        "visibility": draft.visibility.value
    }


def _check_time(tx: Tx, due_at: int) -> None:
    if due_at < tx.now_ms + MIN_MILLISECONDS:
        raise BadInput("Validation failed: Scheduled at The scheduled date must be in the future", "")


def _check_room(tx: Tx, account_id: int, due_at: int) -> None:
    mine = sa.select(sa.func.count()).where(scheduled_statuses.c.account_id == account_id)
    day = due_at - due_at % _DAY
    that_day = mine.where(scheduled_statuses.c.due_at >= day, scheduled_statuses.c.due_at < day + _DAY)
    if tx.execute(mine).scalar_one() >= MAX_IN_ALL:
        raise BadInput(f"Validation failed: You have exceeded the limit of {MAX_IN_ALL} scheduled posts", "")
    if tx.execute(that_day).scalar_one() >= MAX_A_DAY:
        raise BadInput(
            f"Validation failed: You have exceeded the limit of {MAX_A_DAY} scheduled posts for that day", ""
        )
