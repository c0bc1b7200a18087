# SPDX-License-Identifier: AGPL-3.0-or-later
"""Following, blocking and what is between two accounts: https://docs.joinmastodon.org/methods/accounts/#follow"""

from typing import Any

import flask
import sqlalchemy as sa

from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.db.tables import blocks as block_table
from appliance.fediverse.mastodon_api.accounts import present
from appliance.fediverse.mastodon_api.entities import accounts as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import blocks, follows
from appliance.fediverse.services.paging import Paged

_BLOCKS = Paged(
    sa.select(*entities.COLUMNS, block_table.c.id.label("page_id"))
    .join(block_table, block_table.c.target_id == table.c.id)
    .where(block_table.c.account_id == sa.bindparam("viewer_id")),
    block_table.c.id,
)


def relationships(call: Call) -> list[Entity]:
    return entities.relationships(call.tx, call.account_id, call.arguments.ids("id"))


def familiar_followers(call: Call) -> list[Entity]:
    """Nobody's followers are compared yet."""
    return [{"id": str(each), "accounts": []} for each in call.arguments.ids("id")]


def follow(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    known: Any = follows.find(call.tx, call.account_id, account_id)
    boosts, notify = call.arguments.flag("reblogs"), call.arguments.flag("notify")
    follows.follow(
        call.tx,
        call.urls,
        call.account_id,
        account_id,
        boosts=boosts if boosts is not None else known is None or known.boosts,
        notify=notify if notify is not None else known is not None and known.notify,
    )
    return _relationship(call, account_id)


def unfollow(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    follows.unfollow(call.tx, call.urls, call.account_id, account_id)
    return _relationship(call, account_id)


def remove_from_followers(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    follows.reject(call.tx, call.urls, call.account_id, account_id)
    return _relationship(call, account_id)


def block(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    blocks.block(call.tx, call.urls, call.account_id, account_id)
    return _relationship(call, account_id)


def unblock(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    blocks.unblock(call.tx, call.urls, call.account_id, account_id)
    return _relationship(call, account_id)


def blocked(call: Call) -> flask.Response:
    page = call.arguments.page(40, 80)
    rows = _BLOCKS.rows(call.tx, page, viewer_id=call.account_id)
    return paged(call, page, [row.page_id for row in rows], [entities.account(call.urls, row) for row in rows])


def _relationship(call: Call, account_id: int) -> Entity:
    return entities.relationships(call.tx, call.account_id, [account_id])[0]


_ONE = "/api/v1/accounts/<account_id>"
ROUTES = (
    Route("GET", "/api/v1/accounts/relationships", relationships, ("read:follows",)),
    Route("GET", "/api/v1/accounts/familiar_followers", familiar_followers, ("read:follows",)),
    Route("POST", f"{_ONE}/follow", follow, ("write:follows",)),
    Route("POST", f"{_ONE}/unfollow", unfollow, ("write:follows",)),
    Route("POST", f"{_ONE}/remove_from_followers", remove_from_followers, ("write:follows",)),
    Route("POST", f"{_ONE}/block", block, ("write:blocks",)),
    Route("POST", f"{_ONE}/unblock", unblock, ("write:blocks",)),
    Route("GET", "/api/v1/blocks", blocked, ("read:blocks",)),
)
