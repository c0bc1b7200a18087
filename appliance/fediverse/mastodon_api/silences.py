# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whom and what a member blocks and mutes: https://docs.joinmastodon.org/methods/mutes/"""

import flask
import sqlalchemy as sa

from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.db.tables import blocks as block_table
from appliance.fediverse.db.tables import mutes as mute_table
from appliance.fediverse.mastodon_api.entities import accounts as entities
from appliance.fediverse.mastodon_api.entities.common import Entity, moment_or_none
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import domain_blocks
from appliance.fediverse.services.paging import Paged

_BLOCKS = Paged(
    sa.select(*entities.COLUMNS, block_table.c.id.label("page_id"))
    .join(block_table, block_table.c.target_id == table.c.id)
    .where(block_table.c.account_id == sa.bindparam("viewer_id")),
    block_table.c.id,
)
_MUTES = Paged(
    sa.select(*entities.COLUMNS, mute_table.c.id.label("page_id"), mute_table.c.expires_at)
    .join(mute_table, mute_table.c.target_id == table.c.id)
    .where(mute_table.c.account_id == sa.bindparam("viewer_id")),
    mute_table.c.id,
)


def blocked(call: Call) -> flask.Response:
    page = call.arguments.page(40, 80)
    rows = _BLOCKS.rows(call.tx, page, viewer_id=call.account_id)
    return paged(call, page, [row.page_id for row in rows], entities.many(call.tx, call.urls, call.viewer_id, rows))


def muted(call: Call) -> flask.Response:
    page = call.arguments.page(40, 80)
    rows = _MUTES.rows(call.tx, page, viewer_id=call.account_id)
    drawn = [
        entity | {"mute_expires_at": moment_or_none(row.expires_at)}
        for entity, row in zip(entities.many(call.tx, call.urls, call.viewer_id, rows), rows, strict=True)
    ]
    return paged(call, page, [row.page_id for row in rows], drawn)


def domains(call: Call) -> flask.Response:
    page = call.arguments.page(100)
    rows = domain_blocks.page(call.tx, call.account_id, page)
    return paged(call, page, [row.id for row in rows], [row.domain for row in rows])


def block_domain(call: Call) -> Entity:
    domain_blocks.block(call.tx, call.urls, call.account_id, call.arguments.text("domain") or "")
    return {}


def unblock_domain(call: Call) -> Entity:
    domain_blocks.unblock(call.tx, call.account_id, call.arguments.text("domain") or "")
    return {}


_DOMAINS = "/api/v1/domain_blocks"
ROUTES = (
    Route("GET", "/api/v1/blocks", blocked, ("read:blocks",)),
    Route("GET", "/api/v1/mutes", muted, ("read:mutes",)),
    Route("GET", _DOMAINS, domains, ("read:blocks",)),
    Route("POST", _DOMAINS, block_domain, ("write:blocks",)),
    Route("DELETE", _DOMAINS, unblock_domain, ("write:blocks",)),
)
