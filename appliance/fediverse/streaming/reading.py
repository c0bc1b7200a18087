# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is new for those who listen, read in one transaction: the timelines themselves, from where they were left."""

import contextlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, home, members, notifications, sequence, statuses, tokens
from appliance.fediverse.mastodon_api.entities import notifications as notification_entities
from appliance.fediverse.mastodon_api.entities import statuses as status_entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.model import MemberState
from appliance.fediverse.services import notifications as notification_service
from appliance.fediverse.services import stream_events, timelines
from appliance.fediverse.services.paging import Page
from appliance.fediverse.services.stream_events import EventKind
from appliance.fediverse.services.timelines import Narrow, Tags
from appliance.fediverse.streaming import occasions
from appliance.fediverse.streaming.channels import Feed, Kind
from appliance.fediverse.streaming.listener import Event, Viewer

AT_ONCE = 40
MOST_PAGES = 10  # of one timeline in one go: whoever posts more than that is not followed in real time

Source = tuple[Viewer, Feed]
Told = dict[Source, list[Event]]

_LAST = sa.select(sequence.c.last).where(sequence.c.name == "id")
_NEW_STATUS = sa.select(statuses.c.id).where(statuses.c.id > sa.bindparam("mark")).limit(1)
_NEW_AT_HOME = (
    sa.select(home.c.account_id)
    .where(home.c.account_id.in_(sa.bindparam("ids", expanding=True)), home.c.status_id > sa.bindparam("mark"))
    .distinct()
)
_NEW_NOTICES = (
    sa.select(notifications.c.account_id)
    .where(
        notifications.c.account_id.in_(sa.bindparam("ids", expanding=True)),
        notifications.c.filtered.is_(False),
        notifications.c.id > sa.bindparam("mark"),
    )
    .distinct()
)
_GOOD_TOKENS = (
    sa.select(tokens.c.id)
    .join(members, members.c.account_id == tokens.c.account_id)
    .join(accounts, accounts.c.id == tokens.c.account_id)
    .where(
        tokens.c.id.in_(sa.bindparam("ids", expanding=True)),
        members.c.state == MemberState.ACTIVE.value,
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
    )
)


@dataclass
class _Found:
    """What there is to tell of one source: (id by which it is in order, name, status or payload)."""

    statuses: list[tuple[int, str, int]] = field(default_factory=list)
    events: list[tuple[int, Event]] = field(default_factory=list)


def newest(tx: Tx) -> int:
    """The largest id there is: all that is written later has a larger one."""
    return int(tx.execute(_LAST).scalar_one())


def good_tokens(tx: Tx, ids: Collection[int]) -> set[int]:
    """Those that still let somebody in."""
    return {row.id for row in tx.all(_GOOD_TOKENS, {"ids": list(ids)})}


def since(tx: Tx, mark: int, last: int, sources: Collection[Source]) -> Told:
    """All that happened after `mark`, up to `last`, for each source that has any of it."""
    found: dict[Source, _Found] = defaultdict(_Found)
    for source in _with_new_statuses(tx, mark, sources):
        for status_id in _ids(tx, source, mark, last):
            found[source].statuses.append((status_id, "update", status_id))
    _notices(tx, mark, last, sources, found)
    for row in stream_events.between(tx, mark, last):
        _happened(tx, row, sources, found)
    return _drawn(tx, found)


def _with_new_statuses(tx: Tx, mark: int, sources: Collection[Source]) -> Iterable[Source]:
    if not tx.exists(_NEW_STATUS, {"mark": mark}):
        return
    at_home = [viewer.account_id for viewer, feed in sources if feed.kind is Kind.HOME]
    busy = {row.account_id for row in tx.all(_NEW_AT_HOME, {"ids": at_home, "mark": mark})} if at_home else set()
    for viewer, feed in sources:
        if feed.kind in (Kind.PUBLIC, Kind.TAG, Kind.LIST) or (feed.kind is Kind.HOME and viewer.account_id in busy):
            yield viewer, feed


def _ids(tx: Tx, source: Source, low: int, high: int) -> list[int]:
    """Of the statuses in a timeline with low < id <= high, the oldest first."""
    ids: list[int] = []
    for _ in range(MOST_PAGES):
        rows = _timeline(tx, source, Page(AT_ONCE, max_id=high + 1, min_id=ids[-1] if ids else low))
        ids.extend(row.id for row in rows[::-1])
        if len(rows) < AT_ONCE:
            break
    return ids


def _timeline(tx: Tx, source: Source, page: Page) -> list[sa.Row[Any]]:
    viewer_id, feed = source[0].account_id, source[1]
    match feed.kind:
        case Kind.HOME:
            return timelines.home_page(tx, viewer_id, page)
        case Kind.PUBLIC:
            return timelines.public(tx, viewer_id, page, Narrow(feed.local, feed.remote, feed.media))
        case Kind.TAG:
            return timelines.tag(tx, viewer_id, Tags([feed.tag]), page, Narrow(feed.local))
        case Kind.LIST:
            with contextlib.suppress(HearthError):  # the list went meanwhile
                return timelines.list_page(tx, viewer_id, feed.list_id, page)
    return []


def _notices(tx: Tx, mark: int, last: int, sources: Collection[Source], found: dict[Source, _Found]) -> None:
    listening = [source for source in sources if source[1].kind is Kind.NOTIFICATIONS]
    ids = [viewer.account_id for viewer, _ in listening]
    busy = {row.account_id for row in tx.all(_NEW_NOTICES, {"ids": ids, "mark": mark})} if ids else set()
    for viewer, feed in listening:
        if viewer.account_id in busy:
            page = Page(AT_ONCE * MOST_PAGES, max_id=last + 1, since_id=mark)
            rows = notification_service.page(tx, viewer.account_id, page)
            for entity in notification_entities.draw(tx, viewer.urls, viewer.account_id, rows):
                event = Event("notification", _json(entity))
                found[viewer, feed].events.append((int(entity["id"]), event))


def _happened(tx: Tx, row: sa.Row[Any], sources: Collection[Source], found: dict[Source, _Found]) -> None:
    kind = EventKind(row.kind)
    for source in sources:
        viewer, feed = source
        if kind is EventKind.STATUS_UPDATE:
            status_id = row.data["status_id"]
            if _ids(tx, source, status_id - 1, status_id):
                found[source].statuses.append((row.id, kind.value, status_id))
        elif kind is EventKind.DELETE:
            if _had(viewer.account_id, feed, row.data):
                found[source].events.append((row.id, Event(kind.value, str(row.data["status_id"]))))
        elif (event := occasions.event(tx, kind, row.data, viewer, feed)) is not None:
            found[source].events.append((row.id, event))


def _had(account_id: int, feed: Feed, data: dict[str, Any]) -> bool:
    """Whether a status that is gone may have been in this timeline."""
    if feed.kind is Kind.HOME:
        return account_id in data["readers"]
    return feed.kind in (Kind.PUBLIC, Kind.TAG, Kind.LIST) and (data["public"] or account_id in data["readers"])


def _drawn(tx: Tx, found: dict[Source, _Found]) -> Told:
    wanted: dict[Viewer, dict[int, None]] = defaultdict(dict)
    for (viewer, _), each in found.items():
        wanted[viewer].update(dict.fromkeys(status_id for _, _, status_id in each.statuses))
    drawn = {viewer: _statuses(tx, viewer, list(ids)) for viewer, ids in wanted.items()}
    told: Told = {}
    for source, each in found.items():
        shown = drawn[source[0]]
        events = [(order, Event(name, shown[of])) for order, name, of in each.statuses if of in shown]
        told[source] = [event for _, event in sorted(events + each.events, key=lambda pair: pair[0])]
    return told


def _statuses(tx: Tx, viewer: Viewer, ids: list[int]) -> dict[int, str]:
    entities = status_entities.by_ids(tx, viewer.urls, viewer.account_id, ids)
    return {int(entity["id"]): _json(entity) for entity in entities}


def _json(entity: Entity) -> str:
    return json.dumps(entity, ensure_ascii=False, separators=(",", ":"))
