# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notification entities: https://docs.joinmastodon.org/entities/Notification/"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities import accounts, fallbacks, notices, statuses
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.services import notification_groups, timelines
from appliance.fediverse.services.notification_groups import Group
from appliance.fediverse.urls import Urls

_OF_COLLECTIONS = (NotificationKind.COLLECTED.value, NotificationKind.COLLECTION_UPDATE.value)
_PARTIAL = ("id", "acct", "url", "avatar", "avatar_static", "avatar_description", "locked", "bot")


@dataclass(frozen=True)
class Parts:
    """All that belongs to some notifications. Without its status none of a status is shown."""

    people: dict[int, Entity]
    statuses: dict[int, Entity]
    about: dict[int, Entity] = field(default_factory=dict)

    def can_show(self, row: Row) -> bool:
        if row.kind in _OF_COLLECTIONS and row.id not in self.about:
            return False
        return row.from_account_id in self.people and (row.status_id is None or row.status_id in self.statuses)


def load(tx: Tx, urls: Urls, viewer_id: int, rows: Sequence[Row]) -> Parts:
    ids = list(dict.fromkeys(row.status_id for row in rows if row.status_id is not None))
    drawn = statuses.by_ids(tx, urls, viewer_id, timelines.seen(tx, viewer_id, ids)) if ids else []
    return Parts(
        people=accounts.drawn(tx, urls, viewer_id, accounts.load(tx, {row.from_account_id for row in rows})),
        statuses={int(each["id"]): each for each in drawn},
        about=notices.draw(tx, urls, viewer_id, rows),
    )


def draw(
    tx: Tx, urls: Urls, viewer_id: int, rows: Sequence[Row], supported: Collection[str] | None = None
) -> list[Entity]:
    """Those of statuses that the reader may not see any more are left out. `supported`: kinds that the app knows, if it
    says which."""
    parts = load(tx, urls, viewer_id, rows)
    return [_notification(row, parts, supported) for row in rows if parts.can_show(row)]


def draw_groups(
    tx: Tx,
    urls: Urls,
    viewer_id: int,
    groups: Sequence[Group],
    *,
    avatars: bool,
    paged: bool,
    supported: Collection[str] | None = None,
) -> Entity:
    """GroupedNotificationsResults. With `avatars` only the newest account of each group is drawn in full."""
    newest = [group.newest for group in groups]
    parts = load(tx, urls, viewer_id, newest)
    shown = [group for group in groups if parts.can_show(group.newest)]
    sampled = list(dict.fromkeys(each for group in shown for each in group.account_ids))
    people = accounts.drawn(tx, urls, viewer_id, accounts.load(tx, sampled))
    in_full = {group.newest.from_account_id for group in shown} if avatars else set(people)
    drawn = {each: people[each] for each in sampled if each in people}
    status_ids = dict.fromkeys(group.newest.status_id for group in shown if group.newest.status_id is not None)
    result: Entity = {
        "accounts": [drawn[each] for each in drawn if each in in_full],
        "statuses": [parts.statuses[each] for each in status_ids],
        "notification_groups": [_group(group, parts, paged, supported) for group in shown],
    }
    if avatars:
        result["partial_accounts"] = [_partial(drawn[each]) for each in drawn if each not in in_full]
    return result


def _notification(row: Row, parts: Parts, supported: Collection[str] | None) -> Entity:
    entity: Entity = {
        "id": str(row.id),
        "type": row.kind,
        "created_at": moment(row.created_at),
        "group_key": notification_groups.key_of(row),
        "account": parts.people[row.from_account_id],
    }
    if row.filtered:
        entity["filtered"] = True
    if row.status_id is not None:
        entity["status"] = parts.statuses[row.status_id]
    return entity | parts.about.get(row.id, {}) | _fallback(row, parts, supported)


def _group(group: Group, parts: Parts, paged: bool, supported: Collection[str] | None) -> Entity:
    row = group.newest
    entity: Entity = {
        "group_key": group.key,
        "notifications_count": group.count,
        "type": row.kind,
        "most_recent_notification_id": group.newest_id,
        "sample_account_ids": [str(each) for each in group.account_ids],
    }
    if paged:
        entity |= {
            "page_min_id": str(group.rows[-1].id),
            "page_max_id": str(row.id),
            "latest_page_notification_at": moment(row.created_at),
        }
    if row.status_id is not None:
        entity["status_id"] = str(row.status_id)
    return entity | parts.about.get(row.id, {}) | _fallback(row, parts, supported)


def _fallback(row: Row, parts: Parts, supported: Collection[str] | None) -> Entity:
    return fallbacks.of(row.kind, parts.people[row.from_account_id], supported)


def _partial(account: Entity) -> Entity:
    """https://docs.joinmastodon.org/entities/Account/#PartialAccountWithAvatar"""
    return {name: account[name] for name in _PARTIAL}
