# SPDX-License-Identifier: AGPL-3.0-or-later
"""Favourites, boosts, bookmarks, pins, and threads muted: https://docs.joinmastodon.org/methods/statuses/#favourite"""

import flask
import sqlalchemy as sa

from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.db.tables import favourites as favourite_table
from appliance.fediverse.db.tables import statuses as status_table
from appliance.fediverse.mastodon_api.entities import accounts as account_entities
from appliance.fediverse.mastodon_api.entities import statuses as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import bookmarks, boosts, conversations, favourites, pins, statuses
from appliance.fediverse.services.paging import Paged
from appliance.fediverse.services.visibility import NOBODY, visible, welcome

_FAVOURED_BY = Paged(
    sa.select(*account_entities.COLUMNS, favourite_table.c.id.label("page_id"))
    .join(favourite_table, favourite_table.c.account_id == table.c.id)
    .where(favourite_table.c.status_id == sa.bindparam("status_id"), welcome(table.c.id)),
    favourite_table.c.id,
)
_BOOSTED_BY = Paged(
    sa.select(*account_entities.COLUMNS, status_table.c.id.label("page_id"))
    .join(status_table, status_table.c.account_id == table.c.id)
    # A boost for followers tells nobody else who boosted.
    .where(status_table.c.boost_of_id == sa.bindparam("status_id"), visible(), welcome(table.c.id)),
    status_table.c.id,
)


def favourite(call: Call, status_id: int) -> Entity:
    favourites.favourite(call.tx, call.urls, call.account_id, _meant(call, status_id))
    return _drawn(call, _meant(call, status_id))


def unfavourite(call: Call, status_id: int) -> Entity:
    meant = _meant(call, status_id)
    favourites.unfavourite(call.tx, call.urls, call.account_id, meant)
    return _drawn(call, meant)


def reblog(call: Call, status_id: int) -> Entity:
    visibility = call.arguments.choice("visibility", Visibility) or Visibility.PUBLIC
    if visibility is Visibility.DIRECT:
        visibility = Visibility.FOLLOWERS
    boost_id = boosts.boost(call.tx, call.urls, call.account_id, status_id, visibility=visibility)
    return _drawn(call, boost_id)


def unreblog(call: Call, status_id: int) -> Entity:
    meant = _meant(call, status_id)
    boosts.unboost(call.tx, call.urls, call.account_id, meant)
    return _drawn(call, meant)


def bookmark(call: Call, status_id: int) -> Entity:
    meant = _meant(call, status_id)
    bookmarks.bookmark(call.tx, call.account_id, meant)
    return _drawn(call, meant)


def unbookmark(call: Call, status_id: int) -> Entity:
    meant = _meant(call, status_id)
    bookmarks.unbookmark(call.tx, call.account_id, meant)
    return _drawn(call, meant)


def pin(call: Call, status_id: int) -> Entity:
    pins.pin(call.tx, call.urls, call.account_id, status_id)
    return _drawn(call, status_id)


def unpin(call: Call, status_id: int) -> Entity:
    pins.unpin(call.tx, call.urls, call.account_id, status_id)
    return _drawn(call, status_id)


def mute(call: Call, status_id: int) -> Entity:
    status = statuses.seen_by(call.tx, call.account_id, status_id)
    conversations.mute(call.tx, call.account_id, status.conversation_id)
    return _drawn(call, status_id)


def unmute(call: Call, status_id: int) -> Entity:
    status = statuses.seen_by(call.tx, call.account_id, status_id)
    conversations.unmute(call.tx, call.account_id, status.conversation_id)
    return _drawn(call, status_id)


def favourited_by(call: Call, status_id: int) -> flask.Response:
    return _people(call, status_id, _FAVOURED_BY)


def reblogged_by(call: Call, status_id: int) -> flask.Response:
    return _people(call, status_id, _BOOSTED_BY)


def _meant(call: Call, status_id: int) -> int:
    """Acting on a boost means what it boosts."""
    status = statuses.seen_by(call.tx, call.account_id, status_id)
    return int(status.boost_of_id or status.id)


def _drawn(call: Call, status_id: int) -> Entity:
    return entities.one(call.tx, call.urls, call.account_id, status_id)


def _people(call: Call, status_id: int, query: Paged) -> flask.Response:
    statuses.seen_by(call.tx, call.viewer_id, status_id)
    page = call.arguments.page(40, 80)
    rows = query.rows(call.tx, page, status_id=status_id, viewer_id=call.viewer_id or NOBODY)
    drawn = account_entities.drawn(call.tx, call.urls, call.viewer_id, {row.id: row for row in rows})
    return paged(call, page, [row.page_id for row in rows], list(drawn.values()))


_ONE = "/api/v1/statuses/<status_id>"
ROUTES = (
    Route("POST", f"{_ONE}/favourite", favourite, ("write:favourites",)),
    Route("POST", f"{_ONE}/unfavourite", unfavourite, ("write:favourites",)),
    Route("POST", f"{_ONE}/reblog", reblog, ("write:statuses",)),
    Route("POST", f"{_ONE}/unreblog", unreblog, ("write:statuses",)),
    Route("POST", f"{_ONE}/bookmark", bookmark, ("write:bookmarks",)),
    Route("POST", f"{_ONE}/unbookmark", unbookmark, ("write:bookmarks",)),
    Route("POST", f"{_ONE}/pin", pin, ("write:accounts",)),
    Route("POST", f"{_ONE}/unpin", unpin, ("write:accounts",)),
    Route("POST", f"{_ONE}/mute", mute, ("write:mutes",)),
    Route("POST", f"{_ONE}/unmute", unmute, ("write:mutes",)),
    Route("GET", f"{_ONE}/favourited_by", favourited_by, optional_scope="read:accounts"),
    Route("GET", f"{_ONE}/reblogged_by", reblogged_by, optional_scope="read:accounts"),
)
