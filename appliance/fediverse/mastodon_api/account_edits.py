# SPDX-License-Identifier: AGPL-3.0-or-later
"""Becoming a member, and changing one's own profile: https://docs.joinmastodon.org/methods/accounts/#create"""

from dataclasses import replace
from typing import Any

import flask

from appliance.errors import BadInput
from appliance.fediverse.mastodon_api.accounts import present
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import accounts as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts, preferences
from appliance.fediverse.services.accounts import MAX_FIELDS, Profile


def update(call: Call) -> Entity:
    arguments = call.arguments
    if any(flask.request.files.get(name) for name in ("avatar", "header")):
        raise BadInput("Validation failed: Pictures are not possible here yet", "")
    profile = Profile(
        display_name=arguments.text("display_name"),
        note=arguments.text("note"),
        fields=_fields(arguments),
        locked=arguments.flag("locked"),
        bot=arguments.flag("bot"),
        discoverable=arguments.flag("discoverable"),
    )
    accounts.update_profile(call.tx, call.urls, call.account_id, profile)
    _keep_preferences(call)
    return entities.credential_account(call.tx, call.urls, present(call, call.account_id))


def show_preferences(call: Call) -> Entity:
    kept = preferences.get(call.tx, call.account_id)
    return {
        "posting:default:visibility": kept.visibility.value,
        "posting:default:sensitive": kept.sensitive,
        "posting:default:language": kept.language,
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
    if language := call.arguments.text("source[language]"):
        changes["language"] = language[:10]
    if changes:
        preferences.put(call.tx, call.account_id, replace(preferences.get(call.tx, call.account_id), **changes))


def _fields(arguments: Arguments) -> tuple[tuple[str, str], ...] | None:
    """Given as fields_attributes[0][name] and so on, whether in a form or in JSON."""
    if not any(name.startswith("fields_attributes") for name in arguments.names()):
        return None
    pairs = []
    for index in range(MAX_FIELDS + 1):
        name, value = (arguments.text(f"fields_attributes[{index}][{part}]") for part in ("name", "value"))
        pairs.append((name or "", value or ""))
    return tuple(pairs)


ROUTES = (
    Route("PATCH", "/api/v1/accounts/update_credentials", update, ("write:accounts",)),
    Route("GET", "/api/v1/preferences", show_preferences, ("read:accounts",)),
)
