# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looking at accounts: https://docs.joinmastodon.org/methods/accounts/"""

from typing import Any

import flask
import sqlalchemy as sa

from appliance.fediverse.context import context
from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.db.tables import follows
from appliance.fediverse.mastodon_api import resolving
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import accounts as entities
from appliance.fediverse.mastodon_api.entities import statuses as status_entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.model import FollowState
from appliance.fediverse.services import accounts, pins, timelines
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Paged
from appliance.fediverse.services.text import tag_key
from appliance.fediverse.urls import Urls

_PRESENT = sa.and_(table.c.suspended_at.is_(None), table.c.deleted_at.is_(None))
_ACCEPTED = follows.c.state == FollowState.ACCEPTED.value
_FOLLOWERS = Paged(
    sa.select(*entities.COLUMNS, follows.c.id.label("page_id"))
    .join(follows, follows.c.follower_id == table.c.id)
    .where(follows.c.followee_id == sa.bindparam("of_id"), _ACCEPTED, _PRESENT),
    follows.c.id,
)
_FOLLOWING = Paged(
    sa.select(*entities.COLUMNS, follows.c.id.label("page_id"))
    .join(follows, follows.c.followee_id == table.c.id)
    .where(follows.c.follower_id == sa.bindparam("of_id"), _ACCEPTED, _PRESENT),
    follows.c.id,
)


def show(call: Call, account_id: int) -> Entity:
    return entities.account(call.urls, present(call, account_id))


def show_many(call: Call) -> list[Entity]:
    return entities.by_ids(call.tx, call.urls, call.arguments.ids("id", 40))


def verify_credentials(call: Call) -> Entity:
    return entities.credential_account(call.tx, call.urls, present(call, call.account_id))


def lookup(call: Call) -> Entity:
    row = accounts.find(call.tx, call.urls, call.arguments.text("acct") or "")
    if row is None:
        raise missing()
    return entities.account(call.urls, row)


def before_lookup(arguments: Arguments, urls: Urls) -> None:
    resolving.account(context(), urls, arguments.text("acct") or "")


def statuses(call: Call, account_id: int) -> flask.Response:
    present(call, account_id)
    arguments, page = call.arguments, call.arguments.page(20)
    if arguments.flag("pinned"):
        found = pins.page(call.tx, call.viewer_id, account_id, page)
        shown = status_entities.draw(call.tx, call.urls, call.viewer_id, found)
        return paged(call, page, [row.page_id for row in found], shown)
    if arguments.flag("only_media"):
        return paged(call, page, [], [])  # no pictures are kept yet
    tagged = arguments.text("tagged")
    rows = timelines.of_account(
        call.tx,
        call.viewer_id,
        account_id,
        page,
        replies=not arguments.flag("exclude_replies"),
        boosts=not arguments.flag("exclude_reblogs"),
        tagged=tag_key(tagged) if tagged else None,
    )
    drawn = status_entities.draw(call.tx, call.urls, call.viewer_id, rows)
    return paged(call, page, [row.id for row in rows], drawn)


def followers(call: Call, account_id: int) -> flask.Response:
    return _people(call, account_id, _FOLLOWERS)


def following(call: Call, account_id: int) -> flask.Response:
    return _people(call, account_id, _FOLLOWING)


def present(call: Call, account_id: int) -> sa.Row[Any]:
    """The account, unless it is gone. Raises HearthError not-found."""
    row = accounts.by_id(call.tx, account_id)
    if row is None or row.deleted_at is not None or entities.is_hidden(row):
        raise missing()
    return row


def _people(call: Call, account_id: int, query: Paged) -> flask.Response:
    present(call, account_id)
    page = call.arguments.page(40, 80)
    rows = query.rows(call.tx, page, of_id=account_id)
    return paged(call, page, [row.page_id for row in rows], [entities.account(call.urls, row) for row in rows])


def empty(call: Call, account_id: int) -> list[Entity]:
    present(call, account_id)
    return []


_ONE = "/api/v1/accounts/<account_id>"
_READ = ("read:accounts",)
ROUTES = (
    Route("GET", "/api/v1/accounts/verify_credentials", verify_credentials, ("read:accounts", "profile")),
    Route("GET", "/api/v1/accounts/lookup", lookup, before=before_lookup),
    Route("GET", "/api/v1/accounts", show_many),
    Route("GET", _ONE, show),
    Route("GET", f"{_ONE}/statuses", statuses),
    Route("GET", f"{_ONE}/followers", followers),
    Route("GET", f"{_ONE}/following", following),
    Route("GET", f"{_ONE}/featured_tags", empty),
    Route("GET", f"{_ONE}/lists", empty, ("read:lists",)),
    Route("GET", f"{_ONE}/identity_proofs", empty, _READ),
)
