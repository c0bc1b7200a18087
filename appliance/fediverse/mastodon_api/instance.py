# SPDX-License-Identifier: AGPL-3.0-or-later
"""The instance about itself: https://docs.joinmastodon.org/methods/instance/"""

import sqlalchemy as sa

from appliance import __version__
from appliance.fediverse.context import context
from appliance.fediverse.db.tables import accounts as account_table
from appliance.fediverse.db.tables import members
from appliance.fediverse.mastodon_api import pictures
from appliance.fediverse.mastodon_api.entities import accounts
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.instance_documents import peers, rules
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.media import film, kinds, limits
from appliance.fediverse.media.kinds import FileType
from appliance.fediverse.model import MemberState, Registration, Role
from appliance.fediverse.services import featured_tags, instance_settings, pins, polls, push_keys, text
from appliance.fediverse.services.accounts import MAX_DESCRIPTION, MAX_NAME, MAX_NOTE
from appliance.fediverse.services.feature_policy import Viewer
from appliance.fediverse.services.instance_settings import InstanceSettings
from appliance.fediverse.services.profile_fields import MAX_FIELD, MAX_FIELDS

# Apps read from the number which calls they may make; the words say who answers.
VERSION = f"4.6.0 (compatible; Hearth {__version__})"
_API_VERSION = 10  # as Mastodon counts it: what 4.6 has
_NO_TITLE = "Hearth"
_ACTIVE = members.c.state == MemberState.ACTIVE.value
_MONTH = 30 * 24 * 60 * 60 * 1000
_OWNER = (
    sa.select(*accounts.COLUMNS)
    .join(members, members.c.account_id == account_table.c.id)
    .where(members.c.role == Role.OWNER.value, _ACTIVE)
    .order_by(account_table.c.id)
    .limit(1)
)


def v2(call: Call) -> Entity:
    settings = instance_settings.get(call.tx)
    picture = pictures.header(call.urls)
    active = sa.select(sa.func.count()).where(_ACTIVE, members.c.last_seen_at > call.tx.now_ms - _MONTH)
    return {
        "domain": call.urls.host,
        "title": settings.title or _NO_TITLE,
        "version": VERSION,
        "source_url": "",
        "description": settings.description,
        "usage": {"users": {"active_month": call.tx.execute(active).scalar_one()}},
        "thumbnail": {
            "url": picture,
            "description": "",
            "versions": {"@1x": picture, "@2x": picture},
        },
        "icon": [],
        "languages": ["en"],
        "configuration": _configuration(call)
        | {
            "urls": {
                "streaming": context().streaming_url(call.urls),
                "status": None,
                "about": f"{call.urls.origin}/about",
                "privacy_policy": f"{call.urls.origin}/privacy-policy",
                "terms_of_service": f"{call.urls.origin}/terms-of-service" if settings.terms else None,
            },
            "vapid": {"public_key": push_keys.public_key(call.tx) if call.urls.federating else ""},
            "translation": {"enabled": False},
            "limited_federation": settings.limited_federation or not call.urls.federating,
            "timelines_access": {
                feed: {"local": "public", "remote": "public"}
                for feed in ("live_feeds", "hashtag_feeds", "trending_link_feeds")
            },
        },
        "registrations": {
            "enabled": _can_join(settings),
            "approval_required": settings.registration is Registration.APPROVAL,
            "reason_required": settings.registration is Registration.APPROVAL,
            "message": None,
            "min_age": None,
            "url": None,
        },
        "api_versions": {"mastodon": _API_VERSION},
        "contact": {"email": settings.contact_email, "account": _owner(call)},
        "rules": rules(settings),
    }


def v1(call: Call) -> Entity:
    settings = instance_settings.get(call.tx)
    return {
        "uri": call.urls.host,
        "title": settings.title or _NO_TITLE,
        "short_description": settings.description,
        "description": settings.description,
        "email": settings.contact_email,
        "version": VERSION,
        "urls": {"streaming_api": context().streaming_url(call.urls)},
        "stats": _stats(call),
        "thumbnail": pictures.header(call.urls),
        "languages": ["en"],
        "registrations": _can_join(settings),
        "approval_required": settings.registration is Registration.APPROVAL,
        "invites_enabled": settings.registration is not Registration.CLOSED,
        "configuration": _configuration(call),
        "contact_account": _owner(call),
        "rules": rules(settings),
    }


def _configuration(call: Call) -> Entity:
    return {
        "accounts": {
            "max_display_name_length": MAX_NAME,
            "max_note_length": MAX_NOTE,
            "max_avatar_description_length": MAX_DESCRIPTION,
            "max_header_description_length": MAX_DESCRIPTION,
            "max_featured_tags": featured_tags.MAX,
            "max_pinned_statuses": pins.MOST,
            "max_profile_fields": MAX_FIELDS,
            "profile_field_name_limit": MAX_FIELD,
            "profile_field_value_limit": MAX_FIELD,
        },
        "statuses": {
            "max_characters": instance_settings.max_characters(call.tx),
            "max_media_attachments": limits.ATTACHMENTS,
            "characters_reserved_per_url": text.URL_CHARACTERS,
        },
        "media_attachments": {
            "supported_mime_types": [each.media_type for each in _taken()],
            "description_limit": limits.DESCRIPTION,
            "image_size_limit": limits.IMAGE_BYTES,
            "image_matrix_limit": limits.IMAGE_PIXELS,
            "video_size_limit": limits.FILM_BYTES,
            "video_frame_rate_limit": limits.FRAME_RATE,
            "video_matrix_limit": limits.FILM_PIXELS,
        },
        "polls": {
            "max_options": polls.MAX_OPTIONS,
            "max_characters_per_option": polls.MAX_OPTION,
            "min_expiration": polls.MIN_SECONDS,
            "max_expiration": polls.MAX_SECONDS,
        },
    }


def _taken() -> tuple[FileType, ...]:
    return (*kinds.PICTURES, *kinds.FILMS, *kinds.SOUNDS) if film.installed() else kinds.PICTURES


def _can_join(settings: InstanceSettings) -> bool:
    return settings.registration in (Registration.OPEN, Registration.APPROVAL)


def _owner(call: Call) -> Entity | None:
    row = call.tx.one(_OWNER)
    return None if row is None else accounts.account(call.urls, row, Viewer())


def _stats(call: Call) -> Entity:
    local = account_table.c.domain == ""
    posts = sa.select(sa.func.coalesce(sa.func.sum(account_table.c.statuses_count), 0)).where(local)
    return {
        "user_count": call.tx.execute(sa.select(sa.func.count()).where(_ACTIVE)).scalar_one(),
        "status_count": call.tx.execute(posts).scalar_one(),
        "domain_count": len(peers(call.tx)),
    }


ROUTES = (Route("GET", "/api/v2/instance", v2), Route("GET", "/api/v1/instance", v1))
