# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a notification tells of when it is no status: a severance, a report, a warning."""

from collections.abc import Sequence

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.services import severances
from appliance.fediverse.urls import Urls


def draw(tx: Tx, urls: Urls, rows: Sequence[Row]) -> dict[int, Entity]:
    """What is to be added to the entities of some notifications, by their ids."""
    found: dict[int, Entity] = {}
    if severed := _about(rows, NotificationKind.SEVERED):
        known = {row.id: row for row in severances.by_ids(tx, list(severed.values()))}
        found |= {each: {"event": _severance(known[about])} for each, about in severed.items() if about in known}
    return found


def _about(rows: Sequence[Row], kind: NotificationKind) -> dict[int, int]:
    return {row.id: row.about_id for row in rows if row.kind == kind.value and row.about_id is not None}


def _severance(row: Row) -> Entity:
    """https://docs.joinmastodon.org/entities/RelationshipSeveranceEvent/"""
    return {
        "id": str(row.id),
        "type": row.kind,
        "purged": False,
        "target_name": row.target_name,
        "followers_count": row.followers_count,
        "following_count": row.following_count,
        "created_at": moment(row.created_at),
    }
