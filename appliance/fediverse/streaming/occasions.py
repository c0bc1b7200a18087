# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens besides posts and notices: for whom it is, and how it is told."""

import json
from typing import Any

from appliance.errors import HearthError
from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities import announcements as announcement_entities
from appliance.fediverse.mastodon_api.entities import conversations as conversation_entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.services import announcements, conversations
from appliance.fediverse.services.stream_events import EventKind
from appliance.fediverse.streaming.channels import Feed, Kind
from appliance.fediverse.streaming.listener import Event, Viewer

_MINE = {
    EventKind.FILTERS_CHANGED: Kind.OWN,
    EventKind.MERGED: Kind.NOTIFICATIONS,
    EventKind.CONVERSATION: Kind.DIRECT,
}


def event(tx: Tx, kind: EventKind, data: dict[str, Any], viewer: Viewer, feed: Feed) -> Event | None:
    """The event for one source, or None if it is none of its."""
    if feed.kind is not _MINE.get(kind, Kind.OWN):
        return None
    if kind in _MINE and data["account_id"] != viewer.account_id:
        return None
    match kind:
        case EventKind.FILTERS_CHANGED:
            return Event(kind.value)
        case EventKind.MERGED:
            return Event(kind.value, "1")
        case EventKind.CONVERSATION:
            return _conversation(tx, data["conversation_id"], viewer)
        case EventKind.ANNOUNCEMENT:
            return _announcement(tx, data["announcement_id"], viewer)
        case EventKind.REACTION:
            reaction = {"name": data["name"], "count": data["count"], "announcement_id": str(data["announcement_id"])}
            return Event(kind.value, _json(reaction))
        case EventKind.ANNOUNCEMENT_GONE:
            return Event(kind.value, str(data["announcement_id"]))
        case _:
            return None


def _announcement(tx: Tx, announcement_id: int, viewer: Viewer) -> Event | None:
    try:
        row = announcements.get(tx, announcement_id)
    except HearthError:
        return None
    (entity,) = announcement_entities.draw(tx, viewer.urls, viewer.account_id, [row])
    return Event(EventKind.ANNOUNCEMENT.value, _json(entity))


def _conversation(tx: Tx, row_id: int, viewer: Viewer) -> Event | None:
    """As it is now, which may be later than what told of it."""
    row = conversations.listed(tx, viewer.account_id, row_id)
    if row is None:
        return None
    (entity,) = conversation_entities.draw(tx, viewer.urls, viewer.account_id, [row])
    return Event(EventKind.CONVERSATION.value, _json(entity))


def _json(entity: Entity) -> str:
    return json.dumps(entity, ensure_ascii=False, separators=(",", ":"))
