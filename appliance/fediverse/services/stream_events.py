# SPDX-License-Identifier: AGPL-3.0-or-later
"""What streams tell besides new posts and notices: written with the change itself, read by the companion after it.

Each is one small row that is forgotten after minutes: whoever was not listening asks the API anyway.
"""

from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.ids import floor
from appliance.fediverse.db.tables import home, mentions, statuses, stream_events
from appliance.fediverse.model import Visibility
from appliance.system.clock import from_milliseconds

KEPT_MILLISECONDS = 10 * 60 * 1000
MAX_BOOSTS = 100  # of a deleted post that are told of one by one

_INSERT = sa.insert(stream_events)
_HOLDERS = sa.select(home.c.account_id).where(home.c.status_id == sa.bindparam("status_id"))
_MENTIONED = sa.select(mentions.c.account_id).where(mentions.c.status_id == sa.bindparam("status_id"))
_IT_AND_ITS_BOOSTS = (
    sa.select(statuses.c.id, statuses.c.account_id, statuses.c.visibility)
    .where(sa.or_(statuses.c.id == sa.bindparam("status_id"), statuses.c.boost_of_id == sa.bindparam("status_id")))
    .order_by(statuses.c.id)
    .limit(MAX_BOOSTS + 1)
)
_BETWEEN = (
    sa.select(stream_events)
    .where(stream_events.c.id > sa.bindparam("mark"), stream_events.c.id <= sa.bindparam("last"))
    .order_by(stream_events.c.id)
)
_STALE = sa.delete(stream_events).where(stream_events.c.id < sa.bindparam("mark"))
_ANY_STALE = sa.select(stream_events.c.id).where(stream_events.c.id < sa.bindparam("mark")).limit(1)


class EventKind(Enum):
    """The values are the Mastodon API's names of events."""

    DELETE = "delete"
    STATUS_UPDATE = "status.update"
    FILTERS_CHANGED = "filters_changed"
    CONVERSATION = "conversation"
    ANNOUNCEMENT = "announcement"
    REACTION = "announcement.reaction"
    ANNOUNCEMENT_GONE = "announcement.delete"
    MERGED = "notifications_merged"


def status_edited(tx: Tx, status_id: int) -> None:
    """Told to everybody in whose timelines it is."""
    _tell(tx, EventKind.STATUS_UPDATE, {"status_id": status_id})


def status_deleted(tx: Tx, status_id: int) -> None:
    """Before it, or a boost, is deleted: afterwards nobody knows who had it. Its boosts go with it."""
    for each in tx.all(_IT_AND_ITS_BOOSTS, {"status_id": status_id}):
        _deleted(tx, each.id, each.account_id, each.visibility)


def filters_changed(tx: Tx, account_id: int) -> None:
    _tell(tx, EventKind.FILTERS_CHANGED, {"account_id": account_id})


def conversation_changed(tx: Tx, account_id: int, conversation_id: int) -> None:
    """`conversation_id` is the id of the member's row in `conversations`."""
    _tell(tx, EventKind.CONVERSATION, {"account_id": account_id, "conversation_id": conversation_id})


def notifications_merged(tx: Tx, account_id: int) -> None:
    _tell(tx, EventKind.MERGED, {"account_id": account_id})


def announced(tx: Tx, announcement_id: int) -> None:
    _tell(tx, EventKind.ANNOUNCEMENT, {"announcement_id": announcement_id})


def announcement_reaction(tx: Tx, announcement_id: int, name: str, count: int) -> None:
    _tell(tx, EventKind.REACTION, {"announcement_id": announcement_id, "name": name, "count": count})


def announcement_gone(tx: Tx, announcement_id: int) -> None:
    _tell(tx, EventKind.ANNOUNCEMENT_GONE, {"announcement_id": announcement_id})


def between(tx: Tx, mark: int, last: int) -> list[sa.Row[Any]]:
    """All after one id and up to another, the oldest first."""
    return tx.all(_BETWEEN, {"mark": mark, "last": last})


def any_stale(tx: Tx) -> bool:
    return tx.exists(_ANY_STALE, {"mark": _stale_mark(tx)})


def prune(tx: Tx) -> None:
    tx.execute(_STALE, {"mark": _stale_mark(tx)})


def _stale_mark(tx: Tx) -> int:
    return floor(from_milliseconds(tx.now_ms - KEPT_MILLISECONDS))


def _deleted(tx: Tx, status_id: int, author_id: int, visibility: str) -> None:
    """`readers` are those in whose home it is, and who were named in it: to anybody else it was only ever public."""
    readers = {row.account_id for row in tx.all(_HOLDERS, {"status_id": status_id})}
    readers |= {row.account_id for row in tx.all(_MENTIONED, {"status_id": status_id})} | {author_id}
    public = visibility == Visibility.PUBLIC.value
    _tell(tx, EventKind.DELETE, {"status_id": status_id, "readers": sorted(readers), "public": public})


def _tell(tx: Tx, kind: EventKind, data: dict[str, Any]) -> None:
    tx.execute(_INSERT, {"id": tx.next_id(), "kind": kind.value, "data": data})
