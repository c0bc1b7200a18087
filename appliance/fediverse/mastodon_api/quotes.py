# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quotes of a status: https://docs.joinmastodon.org/methods/statuses/#quotes"""

import flask

from appliance.errors import Refused
from appliance.fediverse.mastodon_api.entities import statuses as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import quotes, quoting, statuses
from appliance.fediverse.services.quote_policy import QuotePolicy
from appliance.fediverse.services.visibility import may_see


def listed(call: Call, status_id: int) -> flask.Response:
    statuses.seen_by(call.tx, call.account_id, status_id)
    page = call.arguments.page(20)
    rows = quotes.of(call.tx, call.account_id, status_id, page)
    return paged(call, page, [row.id for row in rows], entities.draw(call.tx, call.urls, call.account_id, rows))


def revoke(call: Call, status_id: int, quoting_id: int) -> Entity:
    """Also where one may not read what quotes it; then it is one's own post that is shown."""
    _own(call, status_id)
    quoting.withdrawn(call.tx, call.urls, status_id, quoting_id)
    row = statuses.by_id(call.tx, quoting_id)
    is_seen = row is not None and may_see(call.tx, call.account_id, row)
    return entities.one(call.tx, call.urls, call.account_id, quoting_id if is_seen else status_id)


def policy(call: Call, status_id: int) -> Entity:
    """Who may quote a post from now on."""
    _own(call, status_id)
    if chosen := call.arguments.choice("quote_approval_policy", QuotePolicy):
        quoting.choose(call.tx, call.urls, call.account_id, status_id, chosen)
    return entities.one(call.tx, call.urls, call.account_id, status_id)


def _own(call: Call, status_id: int) -> None:
    status = statuses.seen_by(call.tx, call.account_id, status_id)
    if status.account_id != call.account_id:
        raise Refused("not-yours", "This action is not allowed")


_ONE = "/api/v1/statuses/<status_id>"
ROUTES = (
    Route("GET", f"{_ONE}/quotes", listed, ("read:statuses",)),
    Route("POST", f"{_ONE}/quotes/<quoting_id>/revoke", revoke, ("write:statuses",)),
    Route("PUT", f"{_ONE}/interaction_policy", policy, ("write:statuses",)),
)
