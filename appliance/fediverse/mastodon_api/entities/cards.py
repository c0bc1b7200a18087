# SPDX-License-Identifier: AGPL-3.0-or-later
"""Preview cards: https://docs.joinmastodon.org/entities/PreviewCard/"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import cards
from appliance.fediverse.mastodon_api.entities import accounts
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment_or_none
from appliance.fediverse.model import MediaPurpose
from appliance.fediverse.services.cards import credits
from appliance.fediverse.urls import Urls

_BY_IDS = sa.select(cards).where(cards.c.id.in_(sa.bindparam("ids", expanding=True)), cards.c.title != "")


def load(tx: Tx, urls: Urls, viewer_id: int | None, ids: Collection[int]) -> dict[int, Entity]:
    if not ids:
        return {}
    rows = tx.all(_BY_IDS, {"ids": list(ids)})
    return {row.id: drawn for row, drawn in zip(rows, draw(tx, urls, viewer_id, rows), strict=True)}


def draw(tx: Tx, urls: Urls, viewer_id: int | None, rows: Sequence[Row]) -> list[Entity]:
    """With the accounts of their authors, as far as those let the pages name them."""
    named = accounts.load(tx, {row.author_id for row in rows if row.author_id is not None})
    drawn = accounts.drawn(tx, urls, viewer_id, named)
    found = []
    for row in rows:
        author = named.get(row.author_id)
        if author is None or author.suspended_at or author.deleted_at or not credits(author, row.url):
            found.append(_card(urls, row, None))
        else:
            found.append(_card(urls, row, drawn[author.id]))
    return found


def _card(urls: Urls, row: Row, author: Entity | None) -> Entity:
    """The picture is shown from here, so that nobody's app need ask the page's server."""
    authors = [{"name": row.author_name, "url": row.author_url, "account": author}]
    if author is None and not row.author_name:
        authors = []
    image = urls.elsewhere(MediaPurpose.CARD, row.image_url) if row.image_url else None
    return {
        "url": row.url,
        "title": row.title,
        "description": row.description,
        "language": row.language,
        "type": "link",
        "author_name": row.author_name,
        "author_url": row.author_url,
        "authors": authors,
        "provider_name": row.provider_name,
        "provider_url": "",
        "html": "",
        "width": row.width,
        "height": row.height,
        "image": image,
        "image_description": row.image_description,
        "embed_url": "",
        "blurhash": None,
        "published_at": moment_or_none(row.published_at),
    }
