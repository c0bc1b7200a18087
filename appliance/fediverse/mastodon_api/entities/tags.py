# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hashtags: https://docs.joinmastodon.org/entities/Tag/"""

from collections.abc import Sequence
from urllib.parse import quote

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities.common import Entity, Row
from appliance.fediverse.services import tags
from appliance.fediverse.services.tags import Use
from appliance.fediverse.urls import Urls
from appliance.system.clock import from_milliseconds

_DAY_SECONDS = 24 * 3600


def draw(tx: Tx, urls: Urls, viewer_id: int | None, rows: Sequence[Row]) -> list[Entity]:
    """`rows` have the id and name of tags."""
    ids = [row.id for row in rows]
    history = tags.history(tx, ids)
    entities = [_tag(urls, str(row.id), row.name, history[row.id]) for row in rows]
    if viewer_id is not None:
        followed, featured = tags.followed_among(tx, viewer_id, ids), tags.featured_among(tx, viewer_id, ids)
        for row, entity in zip(rows, entities, strict=True):
            entity |= {"following": row.id in followed, "featuring": row.id in featured}
    return entities


def unused(tx: Tx, urls: Urls, viewer_id: int | None, name: str) -> Entity:
    """A hashtag that nobody has used yet."""
    entity = _tag(urls, "", name, [Use(tags.today(tx) - back) for back in range(tags.HISTORY_DAYS)])
    return entity | ({} if viewer_id is None else {"following": False, "featuring": False})


def history(uses: Sequence[Use]) -> list[Entity]:
    return [{"day": str(use.day * _DAY_SECONDS), "accounts": str(use.accounts), "uses": str(use.uses)} for use in uses]


def featured(urls: Urls, username: str, row: Row) -> Entity:
    """https://docs.joinmastodon.org/entities/FeaturedTag/"""
    last = row.last_status_at
    return {
        "id": str(row.id),
        "name": row.name,
        "url": f"{urls.profile_page(username)}/tagged/{quote(row.name)}",
        "statuses_count": str(row.statuses_count),
        "last_status_at": None if last is None else from_milliseconds(last).date().isoformat(),
    }


def _tag(urls: Urls, tag_id: str, name: str, uses: Sequence[Use]) -> Entity:
    return {"id": tag_id, "name": name, "url": urls.tag(name), "history": history(uses)}
