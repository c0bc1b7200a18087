# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling the moderators: https://docs.joinmastodon.org/methods/reports/"""

from appliance.fediverse.mastodon_api.entities import reports as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import reports
from appliance.fediverse.services.reports import Category, Complaint


def file(call: Call) -> Entity:
    arguments = call.arguments
    complaint = Complaint(
        target_id=arguments.id("account_id") or 0,
        comment=arguments.text("comment") or "",
        status_ids=tuple(arguments.ids("status_ids")),
        category=arguments.choice("category", Category) or Category.OTHER,
        rule_ids=tuple(arguments.ids("rule_ids")),
        collection_ids=tuple(arguments.ids("collection_ids")),
        forward=bool(arguments.flag("forward")),
    )
    report = reports.get(call.tx, reports.file(call.tx, call.urls, call.account_id, complaint))
    return entities.draw(call.tx, call.urls, call.account_id, [report])[report.id]


ROUTES = (Route("POST", "/api/v1/reports", file, ("write:reports",)),)
