# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists: https://docs.joinmastodon.org/methods/lists/"""

from typing import Any

import flask
import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.db.tables import list_accounts
from appliance.fediverse.mastodon_api.accounts import present
from appliance.fediverse.mastodon_api.entities import accounts as account_entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.model import RepliesPolicy
from appliance.fediverse.services import lists
from appliance.fediverse.services.lists import MAX_MEMBERS, Change
from appliance.fediverse.services.paging import Page, Paged

_MEMBERS = Paged(
    sa.select(*account_entities.COLUMNS)
    .join(list_accounts, list_accounts.c.account_id == table.c.id)
    .where(list_accounts.c.list_id == sa.bindparam("list_id"), table.c.suspended_at.is_(None)),
    list_accounts.c.account_id,
)


def every(call: Call) -> list[Entity]:
    return [_list(row) for row in lists.every(call.tx, call.account_id)]


def show(call: Call, list_id: int) -> Entity:
    return _list(lists.get(call.tx, call.account_id, list_id))


def create(call: Call) -> Entity:
    return show(call, lists.create(call.tx, call.account_id, _change(call)))


def update(call: Call, list_id: int) -> Entity:
    lists.update(call.tx, call.account_id, list_id, _change(call))
    return show(call, list_id)


def delete(call: Call, list_id: int) -> Entity:
    lists.delete(call.tx, call.account_id, list_id)
    return {}


def members(call: Call, list_id: int) -> flask.Response:
    lists.get(call.tx, call.account_id, list_id)
    # A limit of 0 asks for all.
    everybody = call.arguments.number("limit") == 0
    page = Page(MAX_MEMBERS + 1) if everybody else call.arguments.page(40, 80)
    rows = _MEMBERS.rows(call.tx, page, list_id=list_id)
    drawn = account_entities.many(call.tx, call.urls, call.viewer_id, rows)
    return paged(call, page, [] if everybody else [row.id for row in rows], drawn)


def add(call: Call, list_id: int) -> Entity:
    lists.add(call.tx, call.account_id, list_id, call.arguments.ids("account_ids"))
    return {}


def remove(call: Call, list_id: int) -> Entity:
    lists.remove(call.tx, call.account_id, list_id, call.arguments.ids("account_ids"))
    return {}


def holding(call: Call, account_id: int) -> list[Entity]:
    present(call, account_id)
    return [_list(row) for row in lists.holding(call.tx, call.account_id, account_id)]


def _change(call: Call) -> Change:
    policy = call.arguments.text("replies_policy")
    if policy and policy not in [each.value for each in RepliesPolicy]:
        raise BadInput(f"'{policy[:50]}' is not a valid replies_policy", "")
    return Change(
        title=call.arguments.text("title"),
        replies_policy=RepliesPolicy(policy) if policy else None,
        exclusive=call.arguments.flag("exclusive"),
    )


def _list(row: sa.Row[Any]) -> Entity:
    """https://docs.joinmastodon.org/entities/List/"""
    return {
        "id": str(row.id),
        "title": row.title,
        "replies_policy": row.replies_policy,
        "exclusive": row.exclusive,
    }


_ALL, _READ, _WRITE = "/api/v1/lists", ("read:lists",), ("write:lists",)
_ONE = f"{_ALL}/<list_id>"
ROUTES = (
    Route("GET", _ALL, every, _READ),
    Route("POST", _ALL, create, _WRITE),
    Route("GET", _ONE, show, _READ),
    Route("PUT", _ONE, update, _WRITE),
    Route("DELETE", _ONE, delete, _WRITE),
    Route("GET", f"{_ONE}/accounts", members, _READ),
    Route("POST", f"{_ONE}/accounts", add, _WRITE),
    Route("DELETE", f"{_ONE}/accounts", remove, _WRITE),
    Route("GET", "/api/v1/accounts/<account_id>/lists", holding, _READ),
)
