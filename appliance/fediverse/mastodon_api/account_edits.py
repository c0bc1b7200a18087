# SPDX-License-Identifier: AGPL-3.0-or-later
"""Becoming a member, and changing one's own profile: https://docs.joinmastodon.org/methods/accounts/#create"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from appliance.errors import BadInput
from appliance.fediverse.context import context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api import uploads
from appliance.fediverse.mastodon_api.accounts import present
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import accounts as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Afterwards, Call, Route
from appliance.fediverse.media import waiting
from appliance.fediverse.media.workshop import unfit
from appliance.fediverse.model import MediaKind, MediaPurpose, Visibility
from appliance.fediverse.services import accounts, media, preferences, profile_pictures
from appliance.fediverse.services.accounts import Profile
from appliance.fediverse.services.media import NewMedia
from appliance.fediverse.services.profile_fields import MAX_FIELDS
from appliance.fediverse.services.quote_policy import QuotePolicy

PICTURES = (MediaPurpose.AVATAR, MediaPurpose.HEADER)
PICTURE_SECONDS = 25.0


def update(call: Call) -> Afterwards:
    _keep_preferences(call)
    return changed(call, said(call.arguments), lambda tx: _credential_account(tx, call))


def said(arguments: Arguments) -> Profile:
    """Raises BadInput."""
    return Profile(
        display_name=arguments.text("display_name"),
        note=arguments.text("note"),
        fields=_fields(arguments),
        locked=arguments.flag("locked"),
        bot=arguments.flag("bot"),
        discoverable=arguments.flag("discoverable"),
        hide_collections=arguments.flag("hide_collections"),
        indexable=arguments.flag("indexable"),
        attribution_domains=_domains(arguments),
        avatar_description=arguments.text("avatar_description"),
        header_description=arguments.text("header_description"),
    )


def changed(call: Call, profile: Profile, draw: Callable[[Tx], Entity]) -> Afterwards:
    """Keep this and the pictures that came with it; `draw` is the answer, once the pictures are ready."""
    arguments = call.arguments
    sent = {purpose: uploads.look_at(purpose.value, picture=True) for purpose in PICTURES}
    # Some apps send a picture as text when it is to stay as it is, and nothing at all when it is to go.
    for purpose in PICTURES:
        if sent[purpose] is None and arguments.text(purpose.value) == "":
            profile_pictures.remove(call.tx, call.urls, call.account_id, purpose)
    accounts.update_profile(call.tx, call.urls, call.account_id, profile)
    pictures = [
        media.create(call.tx, call.account_id, NewMedia(MediaKind.IMAGE, upload.name, purpose))
        for purpose, upload in sent.items()
        if upload is not None
    ]

    def when_ready(tx: Tx) -> Entity:
        uploads.claim(*sent.values())
        for media_id in pictures:
            if not waiting.wait(context(), media_id, PICTURE_SECONDS):
                raise unfit()
        return draw(tx)

    return Afterwards(when_ready)


def remove_avatar(call: Call) -> Entity:
    return _remove(call, MediaPurpose.AVATAR)


def remove_header(call: Call) -> Entity:
    return _remove(call, MediaPurpose.HEADER)


def _remove(call: Call, purpose: MediaPurpose) -> Entity:
    profile_pictures.remove(call.tx, call.urls, call.account_id, purpose)
    return _credential_account(call.tx, call)


def _credential_account(tx: Tx, call: Call) -> Entity:
    return entities.credential_account(tx, call.urls, present(replace(call, tx=tx), call.account_id))


def show_preferences(call: Call) -> Entity:
    kept = preferences.get(call.tx, call.account_id)
    return {
        "posting:default:visibility": kept.visibility.value,
        "posting:default:sensitive": kept.sensitive,
        "posting:default:language": kept.language,
        "posting:default:quote_policy": kept.quote_policy.value,
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }


def _keep_preferences(call: Call) -> None:
    changes: dict[str, Any] = {}
    if visibility := call.arguments.choice("source[privacy]", Visibility):
        if visibility is Visibility.DIRECT:
            raise BadInput("Validation failed: Default privacy can't be direct", "")
        changes["visibility"] = visibility
    if (sensitive := call.arguments.flag("source[sensitive]")) is not None:
        changes["sensitive"] = sensitive
    if policy := call.arguments.choice("source[quote_policy]", QuotePolicy):
        changes["quote_policy"] = policy
    if language := call.arguments.text("source[language]"):
        changes["language"] = language[:10]
    if changes:
        preferences.put(call.tx, call.account_id, replace(preferences.get(call.tx, call.account_id), **changes))


def _domains(arguments: Arguments) -> tuple[str, ...] | None:
    given = "attribution_domains" in arguments
    return tuple(arguments.texts("attribution_domains")) if given else None


def _fields(arguments: Arguments) -> tuple[tuple[str, str], ...] | None:
    """Given as fields_attributes[0][name] and so on, whether in a form or in JSON."""
    if not any(name.startswith("fields_attributes") for name in arguments.names()):
        return None
    groups = arguments.groups("fields_attributes")[: MAX_FIELDS + 1]
    return tuple((each.text("name") or "", each.text("value") or "") for each in groups)


ROUTES = (
    Route("PATCH", "/api/v1/accounts/update_credentials", update, ("write:accounts",), uploads=True),
    Route("DELETE", "/api/v1/profile/avatar", remove_avatar, ("write:accounts",)),
    Route("DELETE", "/api/v1/profile/header", remove_header, ("write:accounts",)),
    Route("GET", "/api/v1/preferences", show_preferences, ("read:accounts",)),
)
