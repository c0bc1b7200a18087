# SPDX-License-Identifier: AGPL-3.0-or-later
"""Moderating accounts: https://docs.joinmastodon.org/methods/admin/accounts/"""

from enum import Enum

import flask

from appliance.errors import BadInput
from appliance.fediverse.mastodon_api.admin.route import route
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import admin as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call
from appliance.fediverse.services import admin_accounts, moderation, roles
from appliance.fediverse.services.admin_accounts import Standing, Wanted
from appliance.fediverse.services.moderation import Action, Verdict
from appliance.fediverse.services.roles import Permission


class _Origin(Enum):
    LOCAL = "local"
    REMOTE = "remote"


def show_some(call: Call) -> flask.Response:
    """The first version: each standing is a flag."""
    arguments = call.arguments
    local = True if arguments.flag("local") else False if arguments.flag("remote") else None
    standings = frozenset(standing for standing in Standing if arguments.flag(standing.value))
    return _listed(call, _wanted(arguments, local, standings, bool(arguments.flag("staff"))))


def show_some_v2(call: Call) -> flask.Response:
    arguments = call.arguments
    origin, standing = arguments.choice("origin", _Origin), arguments.choice("status", Standing)
    local = None if origin is None else origin is _Origin.LOCAL
    standings = frozenset((standing,)) if standing else frozenset()
    return _listed(call, _wanted(arguments, local, standings, arguments.text("permissions") == "staff"))


def show(call: Call, account_id: int) -> Entity:
    return entities.account(call.tx, call.urls, account_id)


def act(call: Call, account_id: int) -> Entity:
    arguments = call.arguments
    try:
        action = Action(arguments.text("type") or "")
    except ValueError:
        raise BadInput("Record invalid", "") from None
    verdict = Verdict(action, arguments.text("text") or "", arguments.id("report_id"))
    moderation.act(call.tx, call.urls, call.account_id, account_id, verdict)
    return {}


def approve(call: Call, account_id: int) -> Entity:
    moderation.approve(call.tx, call.account_id, account_id)
    return show(call, account_id)


def reject(call: Call, account_id: int) -> Entity:
    last_seen = show(call, account_id)
    moderation.reject(call.tx, call.account_id, account_id)
    return last_seen


def delete(call: Call, account_id: int) -> Entity:
    last_seen = show(call, account_id)
    moderation.delete(call.tx, call.urls, call.account_id, account_id)
    return last_seen


def enable(call: Call, account_id: int) -> Entity:
    moderation.enable(call.tx, call.account_id, account_id)
    return show(call, account_id)


def unsilence(call: Call, account_id: int) -> Entity:
    moderation.unsilence(call.tx, call.account_id, account_id)
    return show(call, account_id)


def unsensitive(call: Call, account_id: int) -> Entity:
    moderation.unsensitive(call.tx, call.account_id, account_id)
    return show(call, account_id)


def unsuspend(call: Call, account_id: int) -> Entity:
    moderation.unsuspend(call.tx, call.urls, call.account_id, account_id)
    return show(call, account_id)


def _wanted(arguments: Arguments, local: bool | None, standings: frozenset[Standing], staff: bool) -> Wanted:
    numbers = [int(text) for text in arguments.texts("role_ids") if text.lstrip("-").isdigit() and len(text) < 10]
    return Wanted(
        local=local,
        standings=standings,
        staff=staff,
        roles=tuple(role for number in numbers if (role := roles.by_number(number)) is not None),
        invited_by=arguments.id("invited_by"),
        username=arguments.text("username"),
        display_name=arguments.text("display_name"),
        domain=arguments.text("by_domain"),
        email=arguments.text("email"),
        address=arguments.text("ip"),
    )


def _listed(call: Call, wanted: Wanted) -> flask.Response:
    page = call.arguments.page(100, 200)
    ids = [row.id for row in admin_accounts.page(call.tx, wanted, page)]
    return paged(call, page, ids, entities.accounts(call.tx, call.urls, ids))


_ALL = "v1/admin/accounts"
_ONE = f"{_ALL}/<account_id>"
_READ, _WRITE, _USERS = "read:accounts", "write:accounts", Permission.MANAGE_USERS
ROUTES = (
    route("GET", _ALL, show_some, _READ, _USERS),
    route("GET", "v2/admin/accounts", show_some_v2, _READ, _USERS),
    route("GET", _ONE, show, _READ, _USERS),
    route("DELETE", _ONE, delete, _WRITE, Permission.DELETE_USER_DATA),
    route("POST", f"{_ONE}/action", act, _WRITE, _USERS | Permission.MANAGE_REPORTS),
    route("POST", f"{_ONE}/approve", approve, _WRITE, _USERS),
    route("POST", f"{_ONE}/reject", reject, _WRITE, _USERS),
    route("POST", f"{_ONE}/enable", enable, _WRITE, _USERS),
    route("POST", f"{_ONE}/unsilence", unsilence, _WRITE, _USERS),
    route("POST", f"{_ONE}/unsensitive", unsensitive, _WRITE, _USERS),
    route("POST", f"{_ONE}/unsuspend", unsuspend, _WRITE, _USERS),
)
