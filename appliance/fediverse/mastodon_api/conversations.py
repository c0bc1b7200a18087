# SPDX-License-Identifier: AGPL-3.0-or-later
"""Direct conversations: https://docs.joinmastodon.org/methods/conversations/"""

from collections.abc import Sequence

import flask

from appliance.fediverse.mastodon_api.entities import accounts, statuses
from appliance.fediverse.mastodon_api.entities.common import Entity, Row
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import conversations, timelines


def listed(call: Call) -> flask.Response:
    page = call.arguments.page(20)
    rows = conversations.page(call.tx, call.account_id, page)
    return paged(call, page, [row.page_id for row in rows], _draw(call, rows))


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
    return _draw(call, [conversations.get(call.tx, call.account_id, conversation_id)])[0]


def _draw(call: Call, rows: Sequence[Row]) -> list[Entity]:
    """https://docs.joinmastodon.org/entities/Conversation/"""
    people = accounts.load(call.tx, {each for row in rows for each in conversations.others(row)})
    seen = timelines.seen(call.tx, call.account_id, [row.last_status_id for row in rows])
    shown = {each["id"]: each for each in statuses.by_ids(call.tx, call.urls, call.account_id, seen)}
    return [
        {
            "id": str(row.id),
            "unread": row.unread,
            "accounts": [
                accounts.account(call.urls, people[each]) for each in conversations.others(row) if each in people
            ],
            "last_status": shown.get(str(row.last_status_id)),
        }
        for row in rows
    ]


_ALL = "/api/v1/conversations"
_ONE = f"{_ALL}/<conversation_id>"
_WRITE = ("write:conversations",)
ROUTES = (
    Route("GET", _ALL, listed, ("read:statuses",)),
    Route("DELETE", _ONE, remove, _WRITE),
    Route("POST", f"{_ONE}/read", read, _WRITE),
    Route("POST", f"{_ONE}/unread", unread, _WRITE),
)
