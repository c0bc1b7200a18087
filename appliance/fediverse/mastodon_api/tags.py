# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hashtags, followed and shown on profiles: https://docs.joinmastodon.org/methods/tags/"""

from typing import Any

import flask

from appliance.fediverse.mastodon_api.accounts import present
from appliance.fediverse.mastodon_api.entities import tags as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import accounts, featured_tags, tags
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.text import is_tag, tag_key


def show(call: Call, name: str) -> Entity:
    row = tags.find(call.tx, name)
    if row is not None:
        return entities.draw(call.tx, call.urls, call.viewer_id, [row])[0]
    if not is_tag(name) or len(name) > tags.MAX_NAME:
        raise missing()
    return entities.unused(call.tx, call.urls, call.viewer_id, tag_key(name))


def follow(call: Call, name: str) -> Entity:
    tags.follow(call.tx, call.account_id, tags.known(call.tx, name))
    return show(call, name)


def unfollow(call: Call, name: str) -> Entity:
    row = tags.find(call.tx, name)
    if row is not None:
        tags.unfollow(call.tx, call.account_id, row.id)
    return show(call, name)


def feature(call: Call, name: str) -> Entity:
    featured_tags.add(call.tx, call.account_id, name)
    return show(call, name)


def unfeature(call: Call, name: str) -> Entity:
    row = tags.find(call.tx, name)
    if row is not None:
        featured_tags.remove(call.tx, call.account_id, row.id)
    return show(call, name)


def followed(call: Call) -> flask.Response:
    page = call.arguments.page(100)
    rows = tags.followed(call.tx, call.account_id, page)
    drawn = entities.draw(call.tx, call.urls, call.account_id, rows)
    return paged(call, page, [row.page_id for row in rows], drawn)


def featured(call: Call) -> list[Entity]:
    return featured_of(call, call.account_id)


def featured_of(call: Call, account_id: int) -> list[Entity]:
    account = present(call, account_id)
    return [entities.featured(call.urls, account.username, row) for row in featured_tags.of(call.tx, account_id)]


def add_featured(call: Call) -> Entity:
    featured_id = featured_tags.add(call.tx, call.account_id, call.arguments.text("name") or "")
    account: Any = accounts.by_id(call.tx, call.account_id)
    return entities.featured(call.urls, account.username, featured_tags.get(call.tx, call.account_id, featured_id))


def remove_featured(call: Call, featured_id: int) -> Entity:
    row = featured_tags.get(call.tx, call.account_id, featured_id)
    featured_tags.remove(call.tx, call.account_id, row.tag_id)
    return {}


def suggested(call: Call) -> list[Entity]:
    rows = featured_tags.suggested(call.tx, call.account_id)
    return entities.draw(call.tx, call.urls, call.account_id, rows)


_ONE, _FEATURED = "/api/v1/tags/<name>", "/api/v1/featured_tags"
_FOLLOWS, _READ, _WRITE = ("write:follows",), ("read:accounts",), ("write:accounts",)
ROUTES = (
    Route("GET", _ONE, show),
    Route("POST", f"{_ONE}/follow", follow, _FOLLOWS),
    Route("POST", f"{_ONE}/unfollow", unfollow, _FOLLOWS),
    Route("POST", f"{_ONE}/feature", feature, _WRITE),
    Route("POST", f"{_ONE}/unfeature", unfeature, _WRITE),
    Route("GET", "/api/v1/followed_tags", followed, ("read:follows",)),
    Route("GET", _FEATURED, featured, _READ),
    Route("POST", _FEATURED, add_featured, _WRITE),
    Route("GET", f"{_FEATURED}/suggestions", suggested, _READ),
    Route("DELETE", f"{_FEATURED}/<featured_id>", remove_featured, _WRITE),
    Route("GET", "/api/v1/accounts/<account_id>/featured_tags", featured_of),
)
