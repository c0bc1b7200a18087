# SPDX-License-Identifier: AGPL-3.0-or-later
"""Preview cards: https://docs.joinmastodon.org/entities/PreviewCard/"""

from collections.abc import Collection

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import cards
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment_or_none
from appliance.fediverse.model import MediaPurpose
from appliance.fediverse.urls import Urls

_BY_IDS = sa.select(cards).where(cards.c.id.in_(sa.bindparam("ids", expanding=True)), cards.c.title != "")


def load(tx: Tx, urls: Urls, ids: Collection[int]) -> dict[int, Entity]:
    return {row.id: card(urls, row) for row in tx.all(_BY_IDS, {"ids": list(ids)})} if ids else {}


def card(urls: Urls, row: Row) -> Entity:
    """The picture is shown from here, so that nobody's app need ask the page's server."""
    image = urls.elsewhere(MediaPurpose.CARD, row.image_url) if row.image_url else None
    return {
        "url": row.url,
        "title": row.title,
        "description": row.description,
        "language": row.language,
        "type": "link",
        "author_name": row.author_name,
        "author_url": row.author_url,
        "authors": [{"name": row.author_name, "url": row.author_url, "account": None}] if row.author_name else [],
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
