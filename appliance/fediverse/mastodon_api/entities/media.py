# SPDX-License-Identifier: AGPL-3.0-or-later
"""MediaAttachment entities: https://docs.joinmastodon.org/entities/MediaAttachment/"""

from typing import Any

from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.model import MediaPurpose
from appliance.fediverse.services import attachments
from appliance.fediverse.services.attachments import Attachment
from appliance.fediverse.urls import Urls


def attachment(urls: Urls, made: Attachment) -> Entity:
    """A member's own, finished or not: without a file its address is null."""
    return {
        "id": str(made.id),
        "type": made.type,
        "url": urls.media(made.file) if made.file else None,
        "preview_url": urls.media(made.small) if made.small else None,
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": made.meta,
        "description": made.description or None,
        "blurhash": made.blurhash,
    }


def of_status(urls: Urls, status_id: int, stored: list[dict[str, Any]]) -> list[Entity]:
    """What hangs on a status, of this server or another."""
    return [_of_status(urls, status_id, number, attachments.read(each)) for number, each in enumerate(stored)]


def _of_status(urls: Urls, status_id: int, number: int, made: Attachment) -> Entity:
    if made.file:
        return attachment(urls, made)
    is_picture = made.type in ("image", "gifv")
    return {
        "id": f"{status_id}{number}",
        "type": made.type,
        "url": urls.elsewhere(MediaPurpose.ATTACHMENT, made.url),
        "preview_url": urls.elsewhere(MediaPurpose.ATTACHMENT, made.url, small=True) if is_picture else None,
        "remote_url": made.url,
        "preview_remote_url": None,
        "text_url": None,
        "meta": made.meta,
        "description": made.description or None,
        "blurhash": made.blurhash,
    }
