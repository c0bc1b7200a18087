# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notification entities: https://docs.joinmastodon.org/entities/Notification/"""

from collections.abc import Sequence

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities import accounts, statuses
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment
from appliance.fediverse.urls import Urls


def draw(tx: Tx, urls: Urls, viewer_id: int, rows: Sequence[Row]) -> list[Entity]:
    people = accounts.load(tx, {row.from_account_id for row in rows})
    status_ids = {row.status_id for row in rows if row.status_id is not None}
    shown = {each["id"]: each for each in statuses.by_ids(tx, urls, viewer_id, list(status_ids))}
    return [_notification(urls, row, people[row.from_account_id], shown) for row in rows]


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
