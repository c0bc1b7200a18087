# SPDX-License-Identifier: AGPL-3.0-or-later
"""Search: https://docs.joinmastodon.org/methods/search/"""

from appliance.errors import BadInput
from appliance.fediverse.context import context
from appliance.fediverse.mastodon_api import resolving
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import accounts as account_entities
from appliance.fediverse.mastodon_api.entities import statuses as status_entities
from appliance.fediverse.mastodon_api.entities import tags
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import search, timelines
from appliance.fediverse.services.text import tag_key
from appliance.fediverse.urls import Urls

MAX_QUERY = 500
_TYPES = ("accounts", "statuses", "hashtags")


def resolve(arguments: Arguments, urls: Urls) -> tuple[int | None, int | None]:
    """What an address or handle leads to. Other servers are asked only with `resolve`."""
    query, ask = (arguments.text("q") or "").strip()[:MAX_QUERY], bool(arguments.flag("resolve"))
    if query.startswith(("http://", "https://")):
        return resolving.address(context(), urls, query, ask=ask)
    if ask and "@" in query.removeprefix("@") and " " not in query:
        return resolving.account(context(), urls, query), None
    return None, None


def everything(call: Call) -> Entity:
    arguments = call.arguments
    query = (arguments.text("q") or "").strip()
    if not query or len(query) > MAX_QUERY:
        raise BadInput("param is missing or the value is empty: q", "")
    wanted = arguments.text("type")
    types = [wanted] if wanted in _TYPES else list(_TYPES)
    found: Entity = {"accounts": [], "statuses": [], "hashtags": []}
    if "accounts" in types:
        found["accounts"] = _accounts(call, query, 20)
    if "statuses" in types and call.prepared[1] is not None:
        ids = timelines.seen(call.tx, call.viewer_id, [call.prepared[1]])
        found["statuses"] = status_entities.by_ids(call.tx, call.urls, call.viewer_id, ids)
    if "hashtags" in types and not query.startswith(("@", "http://", "https://")):
        limit, offset = _window(call, 20)
        rows = search.find_tags(call.tx, tag_key(query.removeprefix("#")), limit, offset)
        found["hashtags"] = tags.draw(call.tx, call.urls, call.viewer_id, rows)
    return found


def people(call: Call) -> list[Entity]:
    query = (call.arguments.text("q") or "").strip()
    return _accounts(call, query[:MAX_QUERY], 40)


def _accounts(call: Call, query: str, default: int) -> list[Entity]:
    if call.prepared[0] is not None:
        return account_entities.by_ids(call.tx, call.urls, [call.prepared[0]])
    limit, offset = _window(call, default)
    rows = search.find_accounts(
        call.tx, call.viewer_id, query, limit, offset=offset, only_following=bool(call.arguments.flag("following"))
    )
    return [account_entities.account(call.urls, row) for row in rows]


def _window(call: Call, default: int) -> tuple[int, int]:
    limit = call.arguments.page(default, 2 * default).limit
    return limit, max(0, min(call.arguments.number("offset") or 0, 10_000))


ROUTES = (
    Route("GET", "/api/v2/search", everything, ("read:search",), before=resolve),
    Route("GET", "/api/v1/accounts/search", people, ("read:accounts",), before=resolve),
)
