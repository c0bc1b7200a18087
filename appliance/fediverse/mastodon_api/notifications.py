# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notifications: https://docs.joinmastodon.org/methods/notifications/"""

import flask

from appliance.fediverse.mastodon_api.entities import notifications as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.services import markers, notifications
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.notifications import Wanted


def listed(call: Call) -> flask.Response:
    page = call.arguments.page(40, 80)
    rows = notifications.page(call.tx, call.account_id, page, wanted(call))
    drawn = entities.draw(call.tx, call.urls, call.account_id, rows, supported(call))
    return paged(call, page, [row.id for row in rows], drawn)


def show(call: Call, notification_id: int) -> Entity:
    row = notifications.get(call.tx, call.account_id, notification_id)
    drawn = entities.draw(call.tx, call.urls, call.account_id, [row], supported(call))
    if not drawn:
        raise missing()
    return drawn[0]


def dismiss(call: Call, notification_id: int) -> Entity:
    notifications.dismiss(call.tx, call.account_id, notification_id)
    return {}


def dismiss_named(call: Call) -> Entity:
    """As apps did it long ago."""
    return dismiss(call, call.arguments.id("id") or 0)


def clear(call: Call) -> Entity:
    notifications.clear(call.tx, call.account_id)
    return {}


def unread_count(call: Call) -> Entity:
    count = notifications.count_after(call.tx, call.account_id, read_up_to(call), count_limit(call), wanted(call))
    return {"count": count}


def wanted(call: Call) -> Wanted:
    """Kinds that an app knows and we don't are none of ours."""
    arguments = call.arguments
    given, unwanted = arguments.texts("types"), arguments.texts("exclude_types")
    kinds = [kind.value for kind in NotificationKind]
    return Wanted(
        [kind for kind in kinds if (not given or kind in given) and kind not in unwanted],
        arguments.id("account_id"),
        arguments.flag("include_filtered") or False,
    )


def supported(call: Call) -> list[str] | None:
    """The kinds that an app knows; None where it does not say."""
    return call.arguments.texts("supported_types") if "supported_types" in call.arguments else None


def read_up_to(call: Call) -> int:
    read = markers.get(call.tx, call.account_id, ["notifications"])
    return read[0].last_read_id if read else 0


def count_limit(call: Call) -> int:
    return max(1, min(call.arguments.number("limit") or 100, 1000))


_ALL = "/api/v1/notifications"
_READ, _WRITE = ("read:notifications",), ("write:notifications",)
ROUTES = (
    Route("GET", _ALL, listed, _READ),
    Route("GET", f"{_ALL}/unread_count", unread_count, _READ),
    Route("POST", f"{_ALL}/clear", clear, _WRITE),
    Route("POST", f"{_ALL}/dismiss", dismiss_named, _WRITE),
    Route("GET", f"{_ALL}/<notification_id>", show, _READ),
    Route("POST", f"{_ALL}/<notification_id>/dismiss", dismiss, _WRITE),
)
