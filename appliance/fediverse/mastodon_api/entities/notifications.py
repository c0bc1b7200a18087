# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notification entities: https://docs.joinmastodon.org/entities/Notification/"""

from collections.abc import Sequence

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities import accounts, statuses
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment
from appliance.fediverse.services import timelines
from appliance.fediverse.urls import Urls


def draw(tx: Tx, urls: Urls, viewer_id: int, rows: Sequence[Row]) -> list[Entity]:
    """Those of statuses that the reader may not see any more are left out."""
    people = accounts.load(tx, {row.from_account_id for row in rows})
    status_ids = list({row.status_id for row in rows if row.status_id is not None})
    seen = timelines.seen(tx, viewer_id, status_ids)
    shown = {each["id"]: each for each in statuses.by_ids(tx, urls, viewer_id, seen)}
    return [
        _notification(urls, row, people[row.from_account_id], shown)
        for row in rows
        if row.status_id is None or str(row.status_id) in shown
    ]


def _notification(urls: Urls, row: Row, person: Row, shown: dict[str, Entity]) -> Entity:
    entity: Entity = {
        "id": str(row.id),
        "type": row.kind,
        "created_at": moment(row.created_at),
        "group_key": f"ungrouped-{row.id}",
        "account": accounts.account(urls, person),
    }
    if row.status_id is not None:
        entity["status"] = shown[str(row.status_id)]
    return entity
