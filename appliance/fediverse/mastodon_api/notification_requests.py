# SPDX-License-Identifier: AGPL-3.0-or-later
"""The notification policy, and the requests of those it keeps apart."""

from collections.abc import Sequence
from dataclasses import fields, replace

import flask

from appliance.fediverse.mastodon_api.entities import accounts, statuses
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import notification_policies, notification_requests, timelines
from appliance.fediverse.services.notification_policies import Fate, Policy

# What the first form of this API could say, as yes or no.
_OLD_NAMES = ("not_following", "not_followers", "new_accounts", "private_mentions")


def policy(call: Call) -> Entity:
    """https://docs.joinmastodon.org/entities/NotificationPolicy/"""
    kept = notification_policies.get(call.tx, call.account_id)
    return {field.name: getattr(kept, field.name).value for field in fields(Policy)} | _summary(call)


def change_policy(call: Call) -> Entity:
    given = {field.name: call.arguments.choice(field.name, Fate) for field in fields(Policy)}
    _keep(call, {name: fate for name, fate in given.items() if fate is not None})
    return policy(call)


def old_policy(call: Call) -> Entity:
    """https://docs.joinmastodon.org/entities/V1_NotificationPolicy/"""
    kept = notification_policies.get(call.tx, call.account_id)
    return {f"filter_{name}": getattr(kept, f"for_{name}") is not Fate.ACCEPT for name in _OLD_NAMES} | _summary(call)


def change_old_policy(call: Call) -> Entity:
    given = {name: call.arguments.flag(f"filter_{name}") for name in _OLD_NAMES}
    fates = {f"for_{name}": Fate.FILTER if flag else Fate.ACCEPT for name, flag in given.items() if flag is not None}
    _keep(call, fates)
    return old_policy(call)


def listed(call: Call) -> flask.Response:
    page = call.arguments.page(40, 80)
    rows = notification_requests.page(call.tx, call.account_id, page)
    return paged(call, page, [row.id for row in rows], _drawn(call, rows))


def show(call: Call, request_id: int) -> Entity:
    return _drawn(call, [notification_requests.get(call.tx, call.account_id, request_id)])[0]


def accept(call: Call, request_id: int) -> Entity:
    notification_requests.accept(call.tx, call.account_id, [request_id])
    return {}


def dismiss(call: Call, request_id: int) -> Entity:
    notification_requests.dismiss(call.tx, call.account_id, [request_id])
    return {}


def accept_some(call: Call) -> Entity:
    notification_requests.accept(call.tx, call.account_id, call.arguments.ids("id"))
    return {}


def dismiss_some(call: Call) -> Entity:
    notification_requests.dismiss(call.tx, call.account_id, call.arguments.ids("id"))
    return {}


def merged(call: Call) -> Entity:
    """Always: accepting a request merges what waited, in the same moment."""
    return {"merged": True}


def _keep(call: Call, fates: dict[str, Fate]) -> None:
    kept = notification_policies.get(call.tx, call.account_id)
    notification_policies.put(call.tx, call.account_id, replace(kept, **fates))


def _summary(call: Call) -> Entity:
    waiting = notification_requests.summary(call.tx, call.account_id)
    counts = {"pending_requests_count": waiting.requests, "pending_notifications_count": waiting.notifications}
    return {"summary": counts}


def _drawn(call: Call, rows: Sequence[Row]) -> list[Entity]:
    """https://docs.joinmastodon.org/entities/NotificationRequest/"""
    found = accounts.load(call.tx, {row.from_account_id for row in rows})
    people = accounts.drawn(call.tx, call.urls, call.viewer_id, found)
    ids = [row.last_status_id for row in rows if row.last_status_id is not None]
    seen = timelines.seen(call.tx, call.account_id, ids)
    shown = {each["id"]: each for each in statuses.by_ids(call.tx, call.urls, call.account_id, seen)}
    return [
        {
            "id": str(row.id),
            "created_at": moment(row.created_at),
            "updated_at": moment(row.updated_at),
            "notifications_count": str(row.waiting),
            "account": people[row.from_account_id],
            "last_status": shown.get(str(row.last_status_id)),
        }
        for row in rows
    ]


_V1, _V2 = "/api/v1/notifications", "/api/v2/notifications"
_READ, _WRITE = ("read:notifications",), ("write:notifications",)
ROUTES = (
    Route("GET", f"{_V2}/policy", policy, _READ),
    Route("PATCH", f"{_V2}/policy", change_policy, _WRITE),
    Route("PUT", f"{_V2}/policy", change_policy, _WRITE),
    Route("GET", f"{_V1}/policy", old_policy, _READ),
    Route("PATCH", f"{_V1}/policy", change_old_policy, _WRITE),
    Route("PUT", f"{_V1}/policy", change_old_policy, _WRITE),
    Route("GET", f"{_V1}/requests", listed, _READ),
    Route("GET", f"{_V1}/requests/merged", merged, _READ),
    Route("POST", f"{_V1}/requests/accept", accept_some, _WRITE),
    Route("POST", f"{_V1}/requests/dismiss", dismiss_some, _WRITE),
    Route("GET", f"{_V1}/requests/<request_id>", show, _READ),
    Route("POST", f"{_V1}/requests/<request_id>/accept", accept, _WRITE),
    Route("POST", f"{_V1}/requests/<request_id>/dismiss", dismiss, _WRITE),
)
