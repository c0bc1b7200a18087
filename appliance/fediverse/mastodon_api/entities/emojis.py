# SPDX-License-Identifier: AGPL-3.0-or-later
"""Custom emoji: https://docs.joinmastodon.org/entities/CustomEmoji/"""

from appliance.fediverse.mastodon_api.entities.common import Entity, Row
from appliance.fediverse.model import MediaPurpose
from appliance.fediverse.urls import Urls


def used(urls: Urls, emojis: dict[str, str] | None) -> list[Entity]:
    """Those that a text keeps beside it; pictures of other servers are shown from here."""
    return [_emoji(code, _address(urls, image)) for code, image in (emojis or {}).items()]


def whole(urls: Urls, row: Row) -> Entity:
    """One of this instance, to be chosen."""
    entity = _emoji(row.shortcode, urls.media(row.image)) | {"visible_in_picker": row.visible_in_picker}
    if row.static_image:
        entity["static_url"] = urls.media(row.static_image)
    return entity | ({"category": row.category} if row.category else {})


def _address(urls: Urls, image: str) -> str:
    return urls.elsewhere(MediaPurpose.EMOJI, image) if "://" in image else urls.media(image)


def _emoji(shortcode: str, url: str) -> Entity:
    return {"shortcode": shortcode, "url": url, "static_url": url, "visible_in_picker": True}
