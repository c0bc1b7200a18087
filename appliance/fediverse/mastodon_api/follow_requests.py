# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests to follow: https://docs.joinmastodon.org/methods/follow_requests/"""

import flask
import sqlalchemy as sa

from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.db.tables import follows as follow_table
from appliance.fediverse.mastodon_api.entities import accounts as entities
from appliance.fediverse.mastodon_api.entities import relationships
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.model import FollowState
from appliance.fediverse.services import follows
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Paged

_WAITING = Paged(
    sa.select(*entities.COLUMNS, follow_table.c.id.label("page_id"))
    .join(follow_table, follow_table.c.follower_id == table.c.id)
    .where(follow_table.c.followee_id == sa.bindparam("viewer_id"), follow_table.c.state == FollowState.PENDING.value)
    .where(table.c.suspended_at.is_(None)),
    follow_table.c.id,
)


def waiting(call: Call) -> flask.Response:
    page = call.arguments.page(40, 80)
    rows = _WAITING.rows(call.tx, page, viewer_id=call.account_id)
    return paged(call, page, [row.page_id for row in rows], entities.many(call.tx, call.urls, call.viewer_id, rows))


def authorize(call: Call, account_id: int) -> Entity:
    _check(call, account_id)
    follows.accept(call.tx, call.urls, call.account_id, account_id)
    return relationships.one(call.tx, call.account_id, account_id)


def reject(call: Call, account_id: int) -> Entity:
    _check(call, account_id)
    follows.reject(call.tx, call.urls, call.account_id, account_id)
    return relationships.one(call.tx, call.account_id, account_id)


def _check(call: Call, account_id: int) -> None:
    known = follows.find(call.tx, account_id, call.account_id)
    if known is None or known.state != FollowState.PENDING.value:
        raise missing()


_ONE = "/api/v1/follow_requests/<account_id>"
ROUTES = (
    Route("GET", "/api/v1/follow_requests", waiting, ("read:follows",)),
    Route("POST", f"{_ONE}/authorize", authorize, ("write:follows",)),
    Route("POST", f"{_ONE}/reject", reject, ("write:follows",)),
)
