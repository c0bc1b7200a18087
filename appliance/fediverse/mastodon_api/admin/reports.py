# SPDX-License-Identifier: AGPL-3.0-or-later
"""Handling reports: https://docs.joinmastodon.org/methods/admin/reports/"""

import flask

from appliance.fediverse.mastodon_api.admin.route import route
from appliance.fediverse.mastodon_api.entities import admin as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call
from appliance.fediverse.services import reports
from appliance.fediverse.services.reports import Category
from appliance.fediverse.services.roles import Permission


def show_some(call: Call) -> flask.Response:
    arguments, page = call.arguments, call.arguments.page(100, 200)
    rows = reports.page(
        call.tx,
        page,
        resolved=bool(arguments.flag("resolved")),
        account_id=arguments.id("account_id"),
        target_account_id=arguments.id("target_account_id"),
    )
    return paged(call, page, [row.id for row in rows], entities.reports(call.tx, call.urls, call.account_id, rows))


def show(call: Call, report_id: int) -> Entity:
    return entities.reports(call.tx, call.urls, call.account_id, [reports.get(call.tx, report_id)])[0]


def update(call: Call, report_id: int) -> Entity:
    arguments = call.arguments
    rule_ids = tuple(arguments.ids("rule_ids")) if "rule_ids" in arguments else None
    reports.update(call.tx, call.account_id, report_id, arguments.choice("category", Category), rule_ids)
    return show(call, report_id)


def assign_to_self(call: Call, report_id: int) -> Entity:
    reports.assign(call.tx, call.account_id, report_id)
    return show(call, report_id)


def unassign(call: Call, report_id: int) -> Entity:
    reports.unassign(call.tx, call.account_id, report_id)
    return show(call, report_id)


def resolve(call: Call, report_id: int) -> Entity:
    reports.resolve(call.tx, call.account_id, report_id)
    return show(call, report_id)


def reopen(call: Call, report_id: int) -> Entity:
    reports.reopen(call.tx, call.account_id, report_id)
    return show(call, report_id)


_ALL = "v1/admin/reports"
_ONE = f"{_ALL}/<report_id>"
_READ, _WRITE, _REPORTS = "read:reports", "write:reports", Permission.MANAGE_REPORTS
ROUTES = (
    route("GET", _ALL, show_some, _READ, _REPORTS),
    route("GET", _ONE, show, _READ, _REPORTS),
    route("PUT", _ONE, update, _WRITE, _REPORTS),
    route("POST", f"{_ONE}/assign_to_self", assign_to_self, _WRITE, _REPORTS),
    route("POST", f"{_ONE}/unassign", unassign, _WRITE, _REPORTS),
    route("POST", f"{_ONE}/resolve", resolve, _WRITE, _REPORTS),
    route("POST", f"{_ONE}/reopen", reopen, _WRITE, _REPORTS),
)
