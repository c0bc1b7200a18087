# SPDX-License-Identifier: AGPL-3.0-or-later
"""Directory, suggestions and trends: https://docs.joinmastodon.org/methods/directory/ and its neighbours."""

import flask

from appliance.fediverse.mastodon_api.entities import accounts as account_entities
from appliance.fediverse.mastodon_api.entities import cards
from appliance.fediverse.mastodon_api.entities import statuses as status_entities
from appliance.fediverse.mastodon_api.entities import tags as tag_entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged_by_offset
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import discovery, trends

MAX_OFFSET = 10_000
# The older word for each of the sources.
_OLD_SOURCES = {"friends_of_friends": "past_interactions", "most_followed": "global"}


def directory(call: Call) -> list[Entity]:
    arguments = call.arguments
    rows = discovery.directory(
        call.tx,
        call.viewer_id,
        *_window(call, 40),
        local=bool(arguments.flag("local")),
        by_activity=arguments.text("order") != "new",
    )
    return account_entities.many(call.tx, call.urls, call.viewer_id, rows)


def suggested(call: Call) -> list[Entity]:
    found = discovery.suggestions(call.tx, call.account_id, _window(call, 40)[0])
    return account_entities.many(call.tx, call.urls, call.viewer_id, [each.account for each in found])


def suggestions(call: Call) -> list[Entity]:
    """https://docs.joinmastodon.org/entities/Suggestion/"""
    found = discovery.suggestions(call.tx, call.account_id, _window(call, 40)[0])
    drawn = account_entities.many(call.tx, call.urls, call.viewer_id, [each.account for each in found])
    return [
        {"source": _OLD_SOURCES[each.source], "sources": [each.source], "account": account}
        for each, account in zip(found, drawn, strict=True)
    ]


def dismiss(call: Call, account_id: int) -> Entity:
    discovery.dismiss(call.tx, call.account_id, account_id)
    return {}


def tags(call: Call) -> flask.Response:
    limit, offset = _window(call, 10)
    rows = trends.find_tags(call.tx, limit, offset)
    return paged_by_offset(call, limit, offset, tag_entities.draw(call.tx, call.urls, call.viewer_id, rows))


def statuses(call: Call) -> flask.Response:
    limit, offset = _window(call, 20)
    rows = trends.find_statuses(call.tx, call.viewer_id, limit, offset)
    return paged_by_offset(call, limit, offset, status_entities.draw(call.tx, call.urls, call.viewer_id, rows))


def links(call: Call) -> flask.Response:
    """https://docs.joinmastodon.org/entities/PreviewCard/#trends-link"""
    limit, offset = _window(call, 10)
    rows = trends.find_links(call.tx, limit, offset)
    history = trends.link_history(call.tx, [row.id for row in rows])
    drawn = [
        entity | {"history": tag_entities.history(history[row.id])}
        for row, entity in zip(rows, cards.draw(call.tx, call.urls, call.viewer_id, rows), strict=True)
    ]
    return paged_by_offset(call, limit, offset, drawn)


def _window(call: Call, default: int) -> tuple[int, int]:
    limit = call.arguments.page(default, 2 * default).limit
    return limit, max(0, min(call.arguments.number("offset") or 0, MAX_OFFSET))


ROUTES = (
    Route("GET", "/api/v1/directory", directory),
    Route("GET", "/api/v1/suggestions", suggested, ("read",)),
    Route("GET", "/api/v2/suggestions", suggestions, ("read",)),
    Route("DELETE", "/api/v1/suggestions/<account_id>", dismiss, ("read",)),
    Route("GET", "/api/v1/trends", tags),
    Route("GET", "/api/v1/trends/tags", tags),
    Route("GET", "/api/v1/trends/statuses", statuses),
    Route("GET", "/api/v1/trends/links", links),
)
