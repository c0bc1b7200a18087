# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conversation entities: https://docs.joinmastodon.org/entities/Conversation/"""

from collections.abc import Sequence

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities import accounts, statuses
from appliance.fediverse.mastodon_api.entities.common import Entity, Row
from appliance.fediverse.services import conversations, timelines
from appliance.fediverse.urls import Urls


def draw(tx: Tx, urls: Urls, viewer_id: int, rows: Sequence[Row]) -> list[Entity]:
    """`rows` are the viewer's own, of `conversations`."""
    others = accounts.load(tx, {each for row in rows for each in conversations.others(row)})
    people = accounts.drawn(tx, urls, viewer_id, others)
    seen = timelines.seen(tx, viewer_id, [row.last_status_id for row in rows])
    shown = {each["id"]: each for each in statuses.by_ids(tx, urls, viewer_id, seen)}
    return [
        {
            "id": str(row.id),
            "unread": row.unread,
            "accounts": [people[each] for each in conversations.others(row) if each in people],
            "last_status": shown.get(str(row.last_status_id)),
        }
        for row in rows
    ]
