# SPDX-License-Identifier: AGPL-3.0-or-later
"""Direct conversations: https://docs.joinmastodon.org/methods/conversations/"""

import flask

from appliance.fediverse.mastodon_api.entities import conversations as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import conversations


def listed(call: Call) -> flask.Response:
    page = call.arguments.page(20)
    rows = conversations.page(call.tx, call.account_id, page)
    return paged(call, page, [row.page_id for row in rows], entities.draw(call.tx, call.urls, call.account_id, rows))


def read(call: Call, conversation_id: int) -> Entity:
    conversations.read(call.tx, call.account_id, conversation_id)
    return _one(call, conversation_id)


def unread(call: Call, conversation_id: int) -> Entity:
    conversations.read(call.tx, call.account_id, conversation_id, unread=True)
    return _one(call, conversation_id)


def remove(call: Call, conversation_id: int) -> Entity:
    conversations.remove(call.tx, call.account_id, conversation_id)
    return {}


def _one(call: Call, conversation_id: int) -> Entity:
    row = conversations.get(call.tx, call.account_id, conversation_id)
    return entities.draw(call.tx, call.urls, call.account_id, [row])[0]


_ALL = "/api/v1/conversations"
_ONE = f"{_ALL}/<conversation_id>"
_WRITE = ("write:conversations",)
ROUTES = (
    Route("GET", _ALL, listed, ("read:statuses",)),
    Route("DELETE", _ONE, remove, _WRITE),
    Route("POST", f"{_ONE}/read", read, _WRITE),
    Route("POST", f"{_ONE}/unread", unread, _WRITE),
)
