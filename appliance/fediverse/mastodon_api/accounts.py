# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looking at accounts: https://docs.joinmastodon.org/methods/accounts/"""

from typing import Any

import flask
import sqlalchemy as sa

from appliance.fediverse.context import context
from appliance.fediverse.mastodon_api import resolving
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import accounts as entities
from appliance.fediverse.mastodon_api.entities import statuses as status_entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import accounts, pins, profile_posts
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.profile_posts import Wanted
from appliance.fediverse.services.text import tag_key
from appliance.fediverse.urls import Urls


def show(call: Call, account_id: int) -> Entity:
    return entities.one(call.tx, call.urls, call.viewer_id, present(call, account_id))


def show_many(call: Call) -> list[Entity]:
    return entities.by_ids(call.tx, call.urls, call.viewer_id, list(dict.fromkeys(call.arguments.ids("id", 40))))


def verify_credentials(call: Call) -> Entity:
    return entities.credential_account(call.tx, call.urls, present(call, call.account_id))


def lookup(call: Call) -> Entity:
    row = accounts.find(call.tx, call.urls, call.arguments.text("acct") or "")
    if row is None:
        raise missing()
    return entities.one(call.tx, call.urls, call.viewer_id, row)


def before_lookup(arguments: Arguments, urls: Urls) -> None:
    resolving.account(context(), urls, arguments.text("acct") or "")


def statuses(call: Call, account_id: int) -> flask.Response:
    present(call, account_id)
    arguments, page = call.arguments, call.arguments.page(20)
    if arguments.flag("pinned"):
        found = pins.page(call.tx, call.viewer_id, account_id, page)
        shown = status_entities.draw(call.tx, call.urls, call.viewer_id, found)
        return paged(call, page, [row.page_id for row in found], shown)
    tagged = arguments.text("tagged")
    wanted = Wanted(
        replies=not arguments.flag("exclude_replies"),
        boosts=not arguments.flag("exclude_reblogs"),
        only_media=bool(arguments.flag("only_media")),
        tagged=tag_key(tagged.removeprefix("#")) if tagged else None,
    )
    rows = profile_posts.page(call.tx, call.viewer_id, account_id, page, wanted)
    drawn = status_entities.draw(call.tx, call.urls, call.viewer_id, rows)
    return paged(call, page, [row.id for row in rows], drawn)


def present(call: Call, account_id: int) -> sa.Row[Any]:
    """The account, unless it is gone. Raises HearthError not-found."""
    row = accounts.by_id(call.tx, account_id)
    if row is None or row.deleted_at is not None or entities.is_hidden(row):
        raise missing()
    return row


def identity_proofs(call: Call, account_id: int) -> list[Entity]:
    """There is no proof of that kind any more."""
    present(call, account_id)
    return []


_ONE = "/api/v1/accounts/<account_id>"
ROUTES = (
    Route("GET", "/api/v1/accounts/verify_credentials", verify_credentials, ("read:accounts", "profile")),
    Route("GET", "/api/v1/accounts/lookup", lookup, before=before_lookup, optional_scope="read:accounts"),
    Route("GET", "/api/v1/accounts", show_many, optional_scope="read:accounts"),
    Route("GET", _ONE, show, optional_scope="read:accounts"),
    Route("GET", f"{_ONE}/statuses", statuses, optional_scope="read:statuses"),
    Route("GET", f"{_ONE}/identity_proofs", identity_proofs, ("read:accounts",)),
)
