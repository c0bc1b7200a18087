# SPDX-License-Identifier: AGPL-3.0-or-later
"""Profile entities, what a member typed: https://docs.joinmastodon.org/entities/Profile/"""

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities import accounts, tags
from appliance.fediverse.mastodon_api.entities.common import Entity, Row
from appliance.fediverse.model import MediaPurpose
from appliance.fediverse.services import featured_tags
from appliance.fediverse.urls import Urls


def profile(tx: Tx, urls: Urls, row: Row) -> Entity:
    """Pictures that are drawn for who has none are left out."""
    avatar, header = (accounts.picture(urls, row, each) for each in (MediaPurpose.AVATAR, MediaPurpose.HEADER))
    return {
        "id": str(row.id),
        "display_name": row.display_name,
        "note": row.note_source,
        "fields": accounts.typed_fields(row),
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": row.avatar_description,
        "header": header,
        "header_static": header,
        "header_description": row.header_description,
        "locked": row.locked,
        "bot": row.bot,
        "hide_collections": row.hide_collections,
        "discoverable": row.discoverable,
        "indexable": row.indexable,
        "show_media": row.show_media,
        "show_media_replies": row.show_media_replies,
        "show_featured": row.show_featured,
        "attribution_domains": row.attribution_domains or [],
        "featured_tags": [tags.featured(urls, row.username, each) for each in featured_tags.of(tx, row.id)],
    }
