# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groups: alike notices of one time, shown as one. https://docs.joinmastodon.org/methods/grouped_notifications/

The key is given when the notice is written, and stays: what happens to the same post, or is the same, within half a day
of a group's beginning belongs to it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import notifications
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page

GROUPED = (
    NotificationKind.FAVOURITE,
    NotificationKind.FOLLOW,
    NotificationKind.BOOST,
    NotificationKind.SIGN_UP,
)
GROUPED_KINDS = tuple(kind.value for kind in GROUPED)
SPAN_HOURS = 12
SAMPLES = 8
MOST_READ = 20  # pages of single notices that are looked through for one page of groups
_HOUR = 60 * 60 * 1000
_ALONE = "ungrouped-"

_MINE = notifications.c.account_id == sa.bindparam("account_id")
_IN_GROUP = notifications.c.group_key == sa.bindparam("group_key")
_KNOWN_KEYS = (
    sa.select(notifications.c.group_key)
    .where(_MINE, notifications.c.group_key.in_(sa.bindparam("keys", expanding=True)))
    .distinct()
)
_GROUP = sa.select(notifications).where(_MINE, _IN_GROUP, notifications.c.filtered.is_(False))


def _totals() -> "sa.Select[Any]":
    return (
        sa.select(
            notifications.c.group_key, sa.func.count().label("members"), sa.func.max(notifications.c.id).label("top")
        )
        .where(
            _MINE,
            notifications.c.group_key.in_(sa.bindparam("keys", expanding=True)),
            notifications.c.filtered.is_(False),
        )
        .group_by(notifications.c.group_key)
    )


_TOTALS = _totals()

Row = sa.Row[Any]
ReadPage = Callable[[Page], list[Row]]


@dataclass(frozen=True)
class Group:
    """`rows` are those of it that were read, the newest first; `count` is of all there are."""

    key: str
    rows: tuple[Row, ...]
    count: int
    newest_id: int

    @property
    def newest(self) -> Row:
        return self.rows[0]

    @property
    def account_ids(self) -> list[int]:
        return list(dict.fromkeys(row.from_account_id for row in self.rows))[:SAMPLES]


def key(tx: Tx, account_id: int, kind: NotificationKind, status_id: int | None) -> str | None:
    """For a new notice: that of the group it joins, of one that it begins, or None."""
    if kind not in GROUPED:
        return None
    prefix = f"{kind.value}-{status_id}" if status_id is not None else kind.value
    hour = tx.now_ms // _HOUR
    possible = [f"{prefix}-{each}" for each in range(hour - SPAN_HOURS + 1, hour + 1)]
    known = [row.group_key for row in tx.all(_KNOWN_KEYS, {"account_id": account_id, "keys": possible})]
    return max(known, default=possible[-1])


def key_of(row: Row) -> str:
    return str(row.group_key or f"{_ALONE}{row.id}")


def page(
    tx: Tx, account_id: int, page: Page, read: ReadPage, grouped_kinds: Collection[str] = GROUPED_KINDS
) -> list[Group]:
    """Up to `page.limit` groups, newest first; `read` reads the single notices of a page."""
    found: dict[str, list[Row]] = {}
    upwards = page.min_id is not None
    least, most = page.since_id if page.min_id is None else page.min_id, page.max_id
    for _ in range(MOST_READ):
        chunk = Page(page.limit * 4, most, None if upwards else least, least if upwards else None)
        rows = read(chunk)
        for row in rows[::-1] if upwards else rows:
            own = key_of(row) if row.kind in grouped_kinds else f"{_ALONE}{row.id}"
            if own not in found and len(found) == page.limit:
                return _counted(tx, account_id, found, upwards)
            found.setdefault(own, []).append(row)
        if len(rows) < chunk.limit:
            break
        if upwards:
            least = rows[0].id
        else:
            most = rows[-1].id
    return _counted(tx, account_id, found, upwards)


def one(tx: Tx, account_id: int, group_key: str) -> Group:
    """Raises HearthError not-found, also for other people's."""
    rows = _rows(tx, account_id, group_key)
    if not rows:
        raise missing()
    return Group(group_key, tuple(rows), len(rows), rows[0].id)


def members(tx: Tx, account_id: int, group_key: str, page: Page) -> list[Row]:
    """The notices of a group, newest first: each is of somebody. Raises HearthError not-found for no group."""
    rows = _rows(tx, account_id, group_key)
    if not rows:
        raise missing()
    least = page.since_id if page.min_id is None else page.min_id
    found = [row for row in rows if row.id > (least or 0) and (page.max_id is None or row.id < page.max_id)]
    return found[: page.limit] if page.min_id is None else found[-page.limit :]


def dismiss(tx: Tx, account_id: int, group_key: str) -> None:
    """All of it; nothing happens where there is none."""
    for row in _rows(tx, account_id, group_key)[:1]:
        mine = notifications.c.account_id == account_id
        this = notifications.c.id == row.id if group_key.startswith(_ALONE) else notifications.c.group_key == group_key
        tx.execute(sa.delete(notifications).where(mine, this))


def _rows(tx: Tx, account_id: int, group_key: str) -> Sequence[Row]:
    number = group_key.removeprefix(_ALONE)
    if number == group_key:
        parameters = {"account_id": account_id, "group_key": group_key}
        return tx.all(_GROUP.order_by(notifications.c.id.desc()), parameters)
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return []
    return tx.all(sa.select(notifications).where(_MINE, notifications.c.id == int(number)), {"account_id": account_id})


def _counted(tx: Tx, account_id: int, found: dict[str, list[Row]], upwards: bool) -> list[Group]:
    keys = [each for each in found if not each.startswith(_ALONE)]
    totals = {row.group_key: row for row in tx.all(_TOTALS, {"account_id": account_id, "keys": keys})} if keys else {}
    groups = []
    for group_key, rows in found.items():
        rows.sort(key=lambda row: -int(row.id))
        total = totals.get(group_key)
        count, newest_id = (total.members, total.top) if total else (len(rows), rows[0].id)
        groups.append(Group(group_key, tuple(rows), count, newest_id))
    return sorted(groups, key=lambda group: -int(group.newest.id)) if upwards else groups
