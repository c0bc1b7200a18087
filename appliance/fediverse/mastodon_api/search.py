# SPDX-License-Identifier: AGPL-3.0-or-later
"""Search: https://docs.joinmastodon.org/methods/search/"""

import flask

from appliance.errors import BadInput, HearthError
from appliance.fediverse.context import context
from appliance.fediverse.mastodon_api import resolving
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import accounts as account_entities
from appliance.fediverse.mastodon_api.entities import collections, tags
from appliance.fediverse.mastodon_api.entities import statuses as status_entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.resolving import Found
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.oauth.errors import OAuthError
from appliance.fediverse.services import search, search_query, timelines
from appliance.fediverse.services.search import Window
from appliance.fediverse.urls import Urls

MAX_QUERY = 500
_ADDRESSES = ("https://", "http://")
_TYPES = ("accounts", "statuses", "hashtags")


def resolve(arguments: Arguments, urls: Urls) -> Found:
    """What an address or handle leads to. Other servers are asked only with `resolve`."""
    query, ask = (arguments.text("q") or "").strip()[:MAX_QUERY], bool(arguments.flag("resolve"))
    if query.startswith(_ADDRESSES):
        return resolving.address(context(), urls, query, ask=ask)
    if ask and "@" in query.removeprefix("@") and " " not in query:
        return Found(account_id=resolving.account(context(), urls, query))
    return Found()


def everything(call: Call) -> Entity:
    arguments = call.arguments
    _check(call)
    query = (arguments.text("q") or "").strip()
    if not query:
        raise HearthError("no-query", "param is missing or the value is empty: q", status=400)
    if len(query) > MAX_QUERY:
        raise BadInput(f"Validation failed: The query is too long (maximum is {MAX_QUERY} characters)", "")
    wanted = arguments.text("type")
    types = [wanted] if wanted in _TYPES else list(_TYPES)
    found: Entity = {"accounts": [], "statuses": [], "hashtags": []}
    is_address = query.startswith(_ADDRESSES)
    if "accounts" in types and not query.startswith("#"):
        found["accounts"] = _accounts(call, query, 20)
    if "statuses" in types and call.viewer_id is not None and not query.startswith("@"):
        found["statuses"] = _statuses(call, call.viewer_id, query, is_address=is_address)
    if "hashtags" in types and not query.startswith("@") and not is_address:
        limit, offset = _window(call, 20)
        only_reviewed = bool(arguments.flag("exclude_unreviewed"))
        rows = search.find_tags(call.tx, query.removeprefix("#"), limit, offset, only_reviewed=only_reviewed)
        found["hashtags"] = tags.draw(call.tx, call.urls, call.viewer_id, rows)
    if (
        wanted not in _TYPES
        and call.prepared is not None
        and (collection_id := call.prepared.collection_id) is not None
    ):
        shown = collections.by_ids(call.tx, call.urls, call.viewer_id, [collection_id])
        found["collections"] = list(shown.values())
    return found


def people(call: Call) -> list[Entity]:
    query = (call.arguments.text("q") or "").strip()
    return _accounts(call, query[:MAX_QUERY], 40)


def _check(call: Call) -> None:
    """Whoever has a token needs it to be one for searching; who has none can't do what costs much."""
    if call.caller is not None and not call.caller.may("read:search"):
        raise OAuthError("insufficient_scope", "This action is outside the authorized scopes", status=403)
    for name, sentence in (
        ("resolve", "Search queries that resolve remote resources are not supported without authentication"),
        ("offset", "Search queries pagination is not supported without authentication"),
    ):
        if call.viewer_id is None and (call.arguments.text(name) or "false") not in ("false", "0"):
            raise HearthError("not-without-a-member", sentence, status=401)


def _accounts(call: Call, query: str, default: int) -> list[Entity]:
    account_id = call.prepared.account_id if call.prepared else None
    if account_id is not None:
        return account_entities.by_ids(call.tx, call.urls, call.viewer_id, [account_id])
    limit, offset = _window(call, default)
    rows = search.find_accounts(
        call.tx, call.viewer_id, query, limit, offset=offset, only_following=bool(call.arguments.flag("following"))
    )
    return account_entities.many(call.tx, call.urls, call.viewer_id, rows)


def _statuses(call: Call, viewer_id: int, query: str, *, is_address: bool) -> list[Entity]:
    if is_address:
        status_id = call.prepared.status_id if call.prepared else None
        ids = timelines.seen(call.tx, viewer_id, [status_id] if status_id is not None else [])
    else:
        limit, offset = _window(call, 20)
        arguments = call.arguments
        window = Window(limit, offset, arguments.id("max_id"), arguments.id("min_id"), arguments.id("account_id"))
        ids = search.find_statuses(call.tx, call.urls, viewer_id, search_query.parse(query), window)
    return status_entities.by_ids(call.tx, call.urls, viewer_id, ids)


def _window(call: Call, default: int) -> tuple[int, int]:
    """An offset counts only where one kind of things is asked for."""
    limit = call.arguments.page(default, 2 * default).limit
    one_kind = call.arguments.text("type") in _TYPES or flask.request.path != "/api/v2/search"
    return limit, max(0, min(call.arguments.number("offset") or 0, 10_000)) if one_kind else 0


ROUTES = (
    Route("GET", "/api/v2/search", everything, before=resolve),
    Route("GET", "/api/v1/accounts/search", people, ("read:accounts",), before=resolve),
)
