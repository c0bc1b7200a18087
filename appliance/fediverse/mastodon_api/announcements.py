# SPDX-License-Identifier: AGPL-3.0-or-later
"""Announcements: https://docs.joinmastodon.org/methods/announcements/"""

from appliance.fediverse.mastodon_api.entities import announcements as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.oauth import scopes
from appliance.fediverse.services import announcements


def listed(call: Call) -> list[Entity]:
    return entities.draw(call.tx, call.urls, call.account_id, announcements.active(call.tx))


def dismiss(call: Call, announcement_id: int) -> Entity:
    announcements.dismiss(call.tx, call.account_id, announcement_id)
    return {}


def react(call: Call, announcement_id: int, name: str) -> Entity:
    announcements.react(call.tx, call.account_id, announcement_id, name)
    return {}


def unreact(call: Call, announcement_id: int, name: str) -> Entity:
    announcements.unreact(call.tx, call.account_id, announcement_id, name)
    return {}


_ALL = "/api/v1/announcements"
_REACTION = f"{_ALL}/<announcement_id>/reactions/<name>"
ROUTES = (
    Route("GET", _ALL, listed, scopes.ALL),
    Route("POST", f"{_ALL}/<announcement_id>/dismiss", dismiss, ("write:accounts",)),
    Route("PUT", _REACTION, react, ("write:favourites",)),
    Route("DELETE", _REACTION, unreact, ("write:favourites",)),
)
