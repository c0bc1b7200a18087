# SPDX-License-Identifier: AGPL-3.0-or-later
"""Timelines, and the lists of favourites and bookmarks: https://docs.joinmastodon.org/methods/timelines/"""

from typing import Any

import flask
import sqlalchemy as sa

from appliance.fediverse.mastodon_api.entities import statuses as entities
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import timelines
from appliance.fediverse.services.paging import Page
from appliance.fediverse.services.text import tag_key


def home(call: Call) -> flask.Response:
    page = call.arguments.page(20)
    return _listed(call, page, timelines.home_page(call.tx, call.account_id, page))


def public(call: Call) -> flask.Response:
    arguments, page = call.arguments, call.arguments.page(20)
    if arguments.flag("only_media"):
        return paged(call, page, [], [])
    local, remote = bool(arguments.flag("local")), bool(arguments.flag("remote"))
    return _listed(call, page, timelines.public(call.tx, call.viewer_id, page, local=local, remote=remote))


def tag(call: Call, name: str) -> flask.Response:
    arguments, page = call.arguments, call.arguments.page(20)
    if arguments.flag("only_media"):
        return paged(call, page, [], [])
    local = bool(arguments.flag("local"))
    return _listed(call, page, timelines.tag(call.tx, call.viewer_id, tag_key(name), page, local=local))


def favourites(call: Call) -> flask.Response:
    page = call.arguments.page(20)
    rows = timelines.favourites_of(call.tx, call.account_id, page)
    return _listed(call, page, rows, [row.page_id for row in rows])


def bookmarks(call: Call) -> flask.Response:
    page = call.arguments.page(20)
    rows = timelines.bookmarks_of(call.tx, call.account_id, page)
    return _listed(call, page, rows, [row.page_id for row in rows])


def _listed(call: Call, page: Page, rows: list[sa.Row[Any]], ids: list[int] | None = None) -> flask.Response:
    drawn = entities.draw(call.tx, call.urls, call.viewer_id, rows)
    return paged(call, page, [row.id for row in rows] if ids is None else ids, drawn)


ROUTES = (
    Route("GET", "/api/v1/timelines/home", home, ("read:statuses",)),
    Route("GET", "/api/v1/timelines/public", public),
    Route("GET", "/api/v1/timelines/tag/<name>", tag),
    Route("GET", "/api/v1/favourites", favourites, ("read:favourites",)),
    Route("GET", "/api/v1/bookmarks", bookmarks, ("read:bookmarks",)),
)
