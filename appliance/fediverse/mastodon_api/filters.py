# SPDX-License-Identifier: AGPL-3.0-or-later
"""Filters, of keywords and of single statuses: https://docs.joinmastodon.org/methods/filters/#v2"""

from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import filters as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.model import FilterAction
from appliance.fediverse.services import filters
from appliance.fediverse.services.filters import Change, KeywordChange

MAX_CHANGES = 200


def every(call: Call) -> list[Entity]:
    return [entities.whole(each) for each in filters.every(call.tx, call.account_id)]


def show(call: Call, filter_id: int) -> Entity:
    return entities.whole(filters.get(call.tx, call.account_id, filter_id))


def create(call: Call) -> Entity:
    return show(call, filters.create(call.tx, call.account_id, _change(call.arguments)))


def update(call: Call, filter_id: int) -> Entity:
    filters.update(call.tx, call.account_id, filter_id, _change(call.arguments))
    return show(call, filter_id)


def delete(call: Call, filter_id: int) -> Entity:
    filters.delete(call.tx, call.account_id, filter_id)
    return {}


def keywords(call: Call, filter_id: int) -> list[Entity]:
    return [entities.keyword(row) for row in filters.get(call.tx, call.account_id, filter_id).keywords]


def add_keyword(call: Call, filter_id: int) -> Entity:
    return show_keyword(call, filters.add_keyword(call.tx, call.account_id, filter_id, _keyword(call.arguments)))


def show_keyword(call: Call, keyword_id: int) -> Entity:
    return entities.keyword(filters.keyword(call.tx, call.account_id, keyword_id))


def change_keyword(call: Call, keyword_id: int) -> Entity:
    filters.change_keyword(call.tx, call.account_id, keyword_id, _keyword(call.arguments))
    return show_keyword(call, keyword_id)


def remove_keyword(call: Call, keyword_id: int) -> Entity:
    filters.change_keyword(call.tx, call.account_id, keyword_id, KeywordChange(remove=True))
    return {}


def statuses(call: Call, filter_id: int) -> list[Entity]:
    return [entities.status(row) for row in filters.get(call.tx, call.account_id, filter_id).statuses]


def add_status(call: Call, filter_id: int) -> Entity:
    status_id = call.arguments.id("status_id") or 0
    return show_status(call, filters.add_status(call.tx, call.account_id, filter_id, status_id))


def show_status(call: Call, marked_id: int) -> Entity:
    return entities.status(filters.status(call.tx, call.account_id, marked_id))


def remove_status(call: Call, marked_id: int) -> Entity:
    filters.remove_status(call.tx, call.account_id, marked_id)
    return {}


def _change(arguments: Arguments) -> Change:
    contexts = arguments.texts("context")
    expires_in = arguments.number("expires_in")
    return Change(
        title=arguments.text("title"),
        contexts=tuple(contexts) if "context" in arguments else None,
        action=arguments.choice("filter_action", FilterAction),
        # Said, but without a number, means never.
        expires_in=expires_in or 0 if "expires_in" in arguments else None,
        keywords=[_keyword(each, with_id=True) for each in arguments.groups("keywords_attributes")[:MAX_CHANGES]],
    )


def _keyword(arguments: Arguments, *, with_id: bool = False) -> KeywordChange:
    return KeywordChange(
        keyword=arguments.text("keyword"),
        whole_word=arguments.flag("whole_word"),
        id=arguments.id("id") if with_id else None,
        remove=bool(arguments.flag("_destroy")) if with_id else False,
    )


_ALL, _READ, _WRITE = "/api/v2/filters", ("read:filters",), ("write:filters",)
_ONE = f"{_ALL}/<filter_id>"
ROUTES = (
    Route("GET", _ALL, every, _READ),
    Route("POST", _ALL, create, _WRITE),
    Route("GET", _ONE, show, _READ),
    Route("PUT", _ONE, update, _WRITE),
    Route("DELETE", _ONE, delete, _WRITE),
    Route("GET", f"{_ONE}/keywords", keywords, _READ),
    Route("POST", f"{_ONE}/keywords", add_keyword, _WRITE),
    Route("GET", f"{_ALL}/keywords/<keyword_id>", show_keyword, _READ),
    Route("PUT", f"{_ALL}/keywords/<keyword_id>", change_keyword, _WRITE),
    Route("DELETE", f"{_ALL}/keywords/<keyword_id>", remove_keyword, _WRITE),
    Route("GET", f"{_ONE}/statuses", statuses, _READ),
    Route("POST", f"{_ONE}/statuses", add_status, _WRITE),
    Route("GET", f"{_ALL}/statuses/<marked_id>", show_status, _READ),
    Route("DELETE", f"{_ALL}/statuses/<marked_id>", remove_status, _WRITE),
)
