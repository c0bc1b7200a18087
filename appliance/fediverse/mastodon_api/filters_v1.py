# SPDX-License-Identifier: AGPL-3.0-or-later
"""Filters as old apps know them, one keyword each: https://docs.joinmastodon.org/methods/filters/#v1"""

from dataclasses import replace

from appliance.errors import BadInput
from appliance.fediverse.mastodon_api.entities import filters as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.model import FilterAction
from appliance.fediverse.services import filters
from appliance.fediverse.services.filters import Change, KeywordChange


def every(call: Call) -> list[Entity]:
    found = filters.every(call.tx, call.account_id)
    return [entities.first_version(each, row) for each in found for row in each.keywords]


def show(call: Call, keyword_id: int) -> Entity:
    row = filters.keyword(call.tx, call.account_id, keyword_id)
    return entities.first_version(filters.get(call.tx, call.account_id, row.filter_id), row)


def create(call: Call) -> Entity:
    if not (call.arguments.text("phrase") or "").strip():
        raise BadInput("Validation failed: Phrase can't be blank", "")
    filter_id = filters.create(call.tx, call.account_id, _change(call, KeywordChange(*_keyword(call))))
    found = filters.get(call.tx, call.account_id, filter_id)
    return entities.first_version(found, found.keywords[0])


def update(call: Call, keyword_id: int) -> Entity:
    row = filters.keyword(call.tx, call.account_id, keyword_id)
    known = filters.get(call.tx, call.account_id, row.filter_id)
    change = _change(call, KeywordChange(*_keyword(call), id=keyword_id))
    if len(known.keywords) > 1:
        # It would change what becomes of the others, of which an app that asks so knows nothing.
        contexts = {context.value for context in known.contexts}
        if (
            set(change.contexts or contexts) != contexts
            or change.expires_in
            or change.action not in (None, known.action)
        ):
            raise BadInput("Validation failed: This filter has several keywords, change it in a newer app", "")
        change = replace(change, title=None, expires_in=None)
    filters.update(call.tx, call.account_id, row.filter_id, change)
    return show(call, keyword_id)


def delete(call: Call, keyword_id: int) -> Entity:
    row = filters.keyword(call.tx, call.account_id, keyword_id)
    if len(filters.get(call.tx, call.account_id, row.filter_id).keywords) > 1:
        filters.change_keyword(call.tx, call.account_id, keyword_id, KeywordChange(remove=True))
    else:
        filters.delete(call.tx, call.account_id, row.filter_id)
    return {}


def _keyword(call: Call) -> tuple[str | None, bool | None]:
    """What is not said to be a whole word is none, unlike in the second version."""
    whole_word = call.arguments.flag("whole_word")
    return call.arguments.text("phrase"), bool(whole_word) if call.arguments.text("phrase") is not None else whole_word


def _change(call: Call, keyword: KeywordChange) -> Change:
    arguments = call.arguments
    irreversible = arguments.flag("irreversible")
    return Change(
        title=arguments.text("phrase"),
        contexts=tuple(arguments.texts("context")) if "context" in arguments else None,
        action=None if irreversible is None else FilterAction.HIDE if irreversible else FilterAction.WARN,
        expires_in=arguments.number("expires_in") or 0 if "expires_in" in arguments else None,
        keywords=(keyword,),
    )


_ALL, _READ, _WRITE = "/api/v1/filters", ("read:filters",), ("write:filters",)
ROUTES = (
    Route("GET", _ALL, every, _READ),
    Route("POST", _ALL, create, _WRITE),
    Route("GET", f"{_ALL}/<keyword_id>", show, _READ),
    Route("PUT", f"{_ALL}/<keyword_id>", update, _WRITE),
    Route("DELETE", f"{_ALL}/<keyword_id>", delete, _WRITE),
)
