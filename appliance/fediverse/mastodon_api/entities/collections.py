# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collection and CollectionItem entities: https://docs.joinmastodon.org/entities/Collection/"""

from collections.abc import Collection, Sequence
from html import escape

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment
from appliance.fediverse.services import collections
from appliance.fediverse.urls import Urls


def draw(tx: Tx, urls: Urls, viewer_id: int | None, rows: Sequence[Row]) -> list[Entity]:
    """Rows of `services.collections`, with those in them whom the viewer may see there."""
    found = collections.items(tx, viewer_id, rows)
    return [_collection(urls, row, found[row.id]) for row in rows]


def by_ids(tx: Tx, urls: Urls, viewer_id: int | None, ids: Collection[int]) -> dict[int, Entity]:
    """Those of them that the viewer may see."""
    rows = collections.seen_among(tx, viewer_id, ids)
    return dict(zip(rows, draw(tx, urls, viewer_id, list(rows.values())), strict=True))


def item(row: Row) -> Entity:
    return {
        "id": str(row.id),
        "account_id": str(row.account_id),
        "state": row.state,
        "created_at": moment(row.created_at),
    }


def _collection(urls: Urls, row: Row, items: Sequence[Row]) -> Entity:
    local = not row.domain
    uri = urls.featured_collection(row.username, row.id) if local else row.uri
    # What was typed is shown as it was, but for what an app could take for HTML.
    description = escape(row.description, quote=False) if local and "<" in row.description else row.description
    return {
        "id": str(row.id),
        "account_id": str(row.account_id),
        "uri": uri,
        "url": urls.collection_page(row.id) if local else row.url or uri,
        "name": row.name,
        "description": description,
        "language": row.language,
        "local": local,
        "sensitive": row.sensitive,
        "discoverable": row.discoverable,
        "tag": {"name": row.tag, "url": urls.tag(row.tag)} if row.tag else None,
        "item_count": len(items),
        "items": [item(each) for each in items],
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    }
