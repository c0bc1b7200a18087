# SPDX-License-Identifier: AGPL-3.0-or-later
"""Grouped notifications: https://docs.joinmastodon.org/methods/grouped_notifications/"""

from enum import Enum

import flask

from appliance.fediverse.mastodon_api.entities import accounts
from appliance.fediverse.mastodon_api.entities import notifications as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.notifications import count_limit, read_up_to, supported, wanted
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import notification_groups, notifications
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.notification_groups import GROUPED_KINDS, Group
from appliance.fediverse.services.paging import Page


class Accounts(Enum):
    """How those of a group are drawn."""

    FULL = "full"
    AVATARS = "partial_avatars"


def listed(call: Call) -> flask.Response:
    page = call.arguments.page(40, 80)
    groups = _page(call, page)
    avatars = call.arguments.choice("expand_accounts", Accounts) is Accounts.AVATARS
    drawn = entities.draw_groups(
        call.tx, call.urls, call.account_id, groups, avatars=avatars, paged=True, supported=supported(call)
    )
    return paged(call, page, [group.newest.id for group in groups], drawn)


def show(call: Call, group_key: str) -> Entity:
    group = notification_groups.one(call.tx, call.account_id, group_key)
    drawn = entities.draw_groups(
        call.tx, call.urls, call.account_id, [group], avatars=False, paged=False, supported=supported(call)
    )
    if not drawn["notification_groups"]:
        raise missing()
    return drawn


def dismiss(call: Call, group_key: str) -> Entity:
    notification_groups.dismiss(call.tx, call.account_id, group_key)
    return {}


def people(call: Call, group_key: str) -> flask.Response:
    page = call.arguments.page(40, 80)
    rows = notification_groups.members(call.tx, call.account_id, group_key, page)
    drawn = accounts.by_ids(
        call.tx, call.urls, call.viewer_id, list(dict.fromkeys(row.from_account_id for row in rows))
    )
    return paged(call, page, [row.id for row in rows], drawn)


def unread_count(call: Call) -> Entity:
    return {"count": len(_page(call, Page(count_limit(call), since_id=read_up_to(call))))}


def _page(call: Call, page: Page) -> list[Group]:
    asked = wanted(call)
    grouped = call.arguments.texts("grouped_types") if "grouped_types" in call.arguments else GROUPED_KINDS
    return notification_groups.page(
        call.tx, call.account_id, page, lambda part: notifications.page(call.tx, call.account_id, part, asked), grouped
    )


_ALL = "/api/v2/notifications"
_READ, _WRITE = ("read:notifications",), ("write:notifications",)
ROUTES = (
    Route("GET", _ALL, listed, _READ),
    Route("GET", f"{_ALL}/unread_count", unread_count, _READ),
    Route("GET", f"{_ALL}/<group_key>", show, _READ),
    Route("POST", f"{_ALL}/<group_key>/dismiss", dismiss, _WRITE),
    # The documentation asks for the other scope, the server for this one; either will do.
    Route("GET", f"{_ALL}/<group_key>/accounts", people, (*_READ, *_WRITE)),
)
