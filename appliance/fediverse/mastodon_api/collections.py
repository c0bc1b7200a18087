# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of accounts: https://docs.joinmastodon.org/methods/collections/"""

from collections.abc import Callable
from typing import Any

import flask

from appliance.errors import BadInput
from appliance.fediverse.context import context
from appliance.fediverse.mastodon_api import resolving
from appliance.fediverse.mastodon_api.accounts import present
from appliance.fediverse.mastodon_api.entities import accounts as account_entities
from appliance.fediverse.mastodon_api.entities import collections as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged_by_offset
from appliance.fediverse.mastodon_api.routing import Call, Route, as_response
from appliance.fediverse.services import collection_items, collections
from appliance.fediverse.services.collections import Draft
from appliance.fediverse.services.errands import Errand
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.problems import Invalid, details

MOST_ASKED = 100  # accounts named at once; far more than there may be


def create(call: Call) -> Any:
    def run() -> int:
        ids = list(dict.fromkeys(call.arguments.ids("account_ids", MOST_ASKED)))
        return collection_items.create_with(call.tx, call.urls, call.account_id, _draft(call), ids)

    return _wrapped(call, run)


def show(call: Call, collection_id: int) -> Entity:
    row = collections.seen_by(call.tx, call.viewer_id, collection_id)
    (drawn,) = entities.draw(call.tx, call.urls, call.viewer_id, [row])
    people = [row.account_id, *(int(each["account_id"]) for each in drawn["items"])]
    if row.domain and call.viewer_id is not None:
        resolving.want(context(), call.tx, Errand.COLLECTION, str(row.id))
    shown = account_entities.by_ids(call.tx, call.urls, call.viewer_id, list(dict.fromkeys(people)))
    return {"accounts": shown, "collection": drawn}


def of_account(call: Call, account_id: int) -> flask.Response:
    owner = present(call, account_id)
    limit, offset = _window(call)
    rows = collections.of_account(call.tx, call.viewer_id, account_id, limit, offset)
    if owner.domain and call.viewer_id is not None and owner.featured_collections_uri is not None:
        resolving.want(context(), call.tx, Errand.COLLECTIONS, str(owner.id))
    drawn = entities.draw(call.tx, call.urls, call.viewer_id, rows)
    return paged_by_offset(call, limit, offset, rows, {"collections": drawn})


def with_account(call: Call, account_id: int) -> flask.Response:
    present(call, account_id)
    if account_id != call.account_id:
        raise collections.not_allowed()
    limit, offset = _window(call)
    rows = collections.with_account(call.tx, account_id, limit, offset)
    drawn = entities.draw(call.tx, call.urls, call.viewer_id, rows)
    return paged_by_offset(call, limit, offset, rows, {"collections": drawn})


def update(call: Call, collection_id: int) -> Any:
    def run() -> int:
        collections.update(call.tx, call.urls, call.account_id, collection_id, _draft(call))
        return collection_id

    return _wrapped(call, run)


def delete(call: Call, collection_id: int) -> flask.Response:
    collections.delete(call.tx, call.urls, call.account_id, collection_id)
    return flask.Response(status=200)


def add(call: Call, collection_id: int) -> Entity:
    collections.own(call.tx, call.account_id, collection_id)
    if not call.arguments.text("account_id"):
        raise BadInput("`account_id` parameter is missing", "")
    account_id = call.arguments.id("account_id") or 0
    row = collection_items.add(call.tx, call.urls, call.account_id, collection_id, account_id)
    return {"collection_item": entities.item(row)}


def remove(call: Call, collection_id: int, item_id: int) -> flask.Response:
    collection_items.remove(call.tx, call.urls, call.account_id, collection_id, item_id)
    return flask.Response(status=200)


def revoke(call: Call, collection_id: int, item_id: int) -> flask.Response:
    """Take oneself out of somebody's collection."""
    collection_items.leave(call.tx, call.urls, call.account_id, collection_id, item_id)
    return flask.Response(status=200)


def _draft(call: Call) -> Draft:
    given = call.arguments

    def text(name: str) -> str | None:
        """Null takes away what there was; what is not named stays."""
        return given.text(name) or "" if name in given else None

    return Draft(
        name=text("name"),
        description=text("description"),
        language=text("language"),
        tag=text("tag_name"),
        sensitive=given.flag("sensitive"),
        discoverable=given.flag("discoverable"),
    )


def _wrapped(call: Call, run: Callable[[], int]) -> Any:
    """The collection that `run` made or changed; what is wrong with a form is found before anything is written."""
    try:
        collection_id = run()
    except Invalid as error:
        told = {"error": error.sentence, "details": details(error.problems)}
        return as_response({"error": told}, 422)
    found = entities.by_ids(call.tx, call.urls, call.viewer_id, [collection_id])
    if collection_id not in found:
        raise missing()
    return {"collection": found[collection_id]}


def _window(call: Call) -> tuple[int, int]:
    return call.arguments.page(40).limit, max(0, min(call.arguments.number("offset") or 0, 10_000))


_ALL, _READ, _WRITE = "/api/v1/collections", "read:collections", ("write:collections",)
_ONE, _ITEM = f"{_ALL}/<collection_id>", f"{_ALL}/<collection_id>/items/<item_id>"
_PEOPLE = ("/api/v1/<account_id>", "/api/v1/accounts/<account_id>")
ROUTES = (
    Route("POST", _ALL, create, _WRITE),
    Route("GET", _ONE, show, optional_scope=_READ),
    *(
        Route(method, _ONE, update, _WRITE) for method in ("PATCH", "PUT")
    ),  # Mastodon takes both, and masto sends the latter
    Route("DELETE", _ONE, delete, _WRITE),
    Route("POST", f"{_ONE}/items", add, _WRITE),
    Route("DELETE", _ITEM, remove, _WRITE),
    Route("POST", f"{_ITEM}/revoke", revoke, _WRITE),
    # The documentation has these two without, and Mastodon itself with, a part of the path.
    *(Route("GET", f"{each}/collections", of_account, optional_scope=_READ) for each in _PEOPLE),
    *(Route("GET", f"{each}/in_collections", with_account, (_READ,)) for each in _PEOPLE),
)
