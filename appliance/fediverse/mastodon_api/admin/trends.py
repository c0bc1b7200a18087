# SPDX-License-Identifier: AGPL-3.0-or-later
"""Trends, those that were refused as well: https://docs.joinmastodon.org/methods/admin/trends/"""

import flask

from appliance.fediverse.mastodon_api.admin.route import route
from appliance.fediverse.mastodon_api.entities import cards
from appliance.fediverse.mastodon_api.entities import statuses as status_entities
from appliance.fediverse.mastodon_api.entities import tags as tag_entities
from appliance.fediverse.mastodon_api.entities.common import Entity, Row
from appliance.fediverse.mastodon_api.paging import paged_by_offset
from appliance.fediverse.mastodon_api.routing import Call, Route, View
from appliance.fediverse.services import trend_reviews, trends
from appliance.fediverse.services.roles import Permission
from appliance.fediverse.services.trend_reviews import Kind

MAX_OFFSET = 10_000


def tags(call: Call) -> flask.Response:
    limit, offset = _window(call)
    rows = trends.find_tags(call.tx, limit, offset, everything=True)
    return paged_by_offset(call, limit, offset, _tags(call, rows))


def statuses(call: Call) -> flask.Response:
    limit, offset = _window(call)
    rows = trends.find_statuses(call.tx, call.account_id, limit, offset, everything=True)
    return paged_by_offset(call, limit, offset, _statuses(call, rows))


def links(call: Call) -> flask.Response:
    limit, offset = _window(call)
    rows = trends.find_links(call.tx, limit, offset, everything=True)
    return paged_by_offset(call, limit, offset, _links(call, rows))


def _review(kind: Kind, *, allowed: bool) -> View:
    def review(call: Call, thing_id: int) -> Entity:
        row = trend_reviews.review(call.tx, kind, thing_id, allowed=allowed)
        match kind:
            case Kind.TAG:
                return _tags(call, [row])[0]
            case Kind.STATUS:
                return _statuses(call, [row])[0]
            case Kind.LINK:
                return _links(call, [row])[0]

    return review


def _tags(call: Call, rows: list[Row]) -> list[Entity]:
    """https://docs.joinmastodon.org/entities/Tag/#admin"""
    said = trend_reviews.verdicts(call.tx, Kind.TAG, [row.name for row in rows])
    drawn = tag_entities.draw(call.tx, call.urls, call.account_id, rows)
    return [
        each | {"trendable": said.get(row.name, True), "usable": True, "requires_review": False}
        for row, each in zip(rows, drawn, strict=True)
    ]


def _statuses(call: Call, rows: list[Row]) -> list[Entity]:
    said = trend_reviews.verdicts(call.tx, Kind.STATUS, [str(row.id) for row in rows])
    drawn = status_entities.draw(call.tx, call.urls, call.account_id, rows)
    return [each | {"trendable": said.get(each["id"], True), "requires_review": False} for each in drawn]


def _links(call: Call, rows: list[Row]) -> list[Entity]:
    said = trend_reviews.verdicts(call.tx, Kind.LINK, [row.url for row in rows])
    history = trends.link_history(call.tx, [row.id for row in rows])
    return [
        entity
        | {
            "id": str(row.id),
            "history": tag_entities.history(history[row.id]),
            "trendable": said.get(row.url, True),
            "requires_review": False,
        }
        for row, entity in zip(rows, cards.draw(call.tx, call.urls, call.viewer_id, rows), strict=True)
    ]


def _window(call: Call) -> tuple[int, int]:
    limit = call.arguments.page(20, 100).limit
    return limit, max(0, min(call.arguments.number("offset") or 0, MAX_OFFSET))


def _reviews(name: str, kind: Kind) -> tuple[Route, ...]:
    return tuple(
        route("POST", f"v1/admin/trends/{name}/<thing_id>/{verb}", _review(kind, allowed=allowed), "write", _MAY)
        for verb, allowed in (("approve", True), ("reject", False))
    )


_MAY = Permission.MANAGE_TAXONOMIES
ROUTES = (
    route("GET", "v1/admin/trends/tags", tags, "read", _MAY),
    route("GET", "v1/admin/trends/statuses", statuses, "read", _MAY),
    route("GET", "v1/admin/trends/links", links, "read", _MAY),
    *_reviews("tags", Kind.TAG),
    *_reviews("statuses", Kind.STATUS),
    *_reviews("links", Kind.LINK),
)
