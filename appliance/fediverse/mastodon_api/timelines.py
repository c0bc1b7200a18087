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
from appliance.fediverse.services.timelines import MAX_TAGS, Narrow, Tags


def home(call: Call) -> flask.Response:
    page = call.arguments.page(20)
    return _listed(call, page, timelines.home_page(call.tx, call.account_id, page))


def public(call: Call) -> flask.Response:
    page = call.arguments.page(20)
    return _listed(call, page, timelines.public(call.tx, call.viewer_id, page, _narrow(call)))


def tag(call: Call, name: str) -> flask.Response:
    arguments, page = call.arguments, call.arguments.page(20)
    wanted = Tags(
        any=[tag_key(each) for each in (name, *arguments.texts("any")[:MAX_TAGS])],
        all=[tag_key(each) for each in arguments.texts("all")[:MAX_TAGS]],
        none=[tag_key(each) for each in arguments.texts("none")[:MAX_TAGS]],
    )
    return _listed(call, page, timelines.tag(call.tx, call.viewer_id, wanted, page, _narrow(call)))


def link(call: Call) -> flask.Response:
    page = call.arguments.page(20)
    return _listed(call, page, timelines.link(call.tx, call.viewer_id, call.arguments.text("url") or "", page))


def of_list(call: Call, list_id: int) -> flask.Response:
    page = call.arguments.page(20)
    return _listed(call, page, timelines.list_page(call.tx, call.account_id, list_id, page))


def direct(call: Call) -> flask.Response:
    """What old apps ask for instead of conversations."""
    page = call.arguments.page(20)
    return _listed(call, page, timelines.direct(call.tx, call.account_id, page))


def favourites(call: Call) -> flask.Response:
    page = call.arguments.page(20)
    rows = timelines.favourites_of(call.tx, call.account_id, page)
    return _listed(call, page, rows, [row.page_id for row in rows])


def bookmarks(call: Call) -> flask.Response:
    page = call.arguments.page(20)
    rows = timelines.bookmarks_of(call.tx, call.account_id, page)
    return _listed(call, page, rows, [row.page_id for row in rows])


def _narrow(call: Call) -> Narrow:
    local, remote, only_media = (bool(call.arguments.flag(name)) for name in ("local", "remote", "only_media"))
    return Narrow(local=local, remote=remote and not local, only_media=only_media)


def _listed(call: Call, page: Page, rows: list[sa.Row[Any]], ids: list[int] | None = None) -> flask.Response:
    drawn = entities.draw(call.tx, call.urls, call.viewer_id, rows)
    return paged(call, page, [row.id for row in rows] if ids is None else ids, drawn)


ROUTES = (
    Route("GET", "/api/v1/timelines/home", home, ("read:statuses",)),
    Route("GET", "/api/v1/timelines/public", public, optional_scope="read:statuses"),
    Route("GET", "/api/v1/timelines/tag/<name>", tag, optional_scope="read:statuses"),
    Route("GET", "/api/v1/timelines/link", link, optional_scope="read:statuses"),
    Route("GET", "/api/v1/timelines/list/<list_id>", of_list, ("read:lists",)),
    Route("GET", "/api/v1/timelines/direct", direct, ("read:statuses",)),
    Route("GET", "/api/v1/favourites", favourites, ("read:favourites",)),
    Route("GET", "/api/v1/bookmarks", bookmarks, ("read:bookmarks",)),
)
