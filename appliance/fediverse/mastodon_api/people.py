# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists of people: followers, whom somebody follows, endorses: https://docs.joinmastodon.org/methods/accounts/"""

import flask
import sqlalchemy as sa

from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.db.tables import endorsements as endorsement_table
from appliance.fediverse.db.tables import follows
from appliance.fediverse.mastodon_api.accounts import present
from appliance.fediverse.mastodon_api.entities import accounts as entities
from appliance.fediverse.mastodon_api.entities import relationships
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.model import FollowState
from appliance.fediverse.services import endorsements, familiar
from appliance.fediverse.services.paging import Paged
from appliance.fediverse.services.visibility import NOBODY, blocked, welcome

_PRESENT = sa.and_(table.c.suspended_at.is_(None), table.c.deleted_at.is_(None))
_ACCEPTED = follows.c.state == FollowState.ACCEPTED.value
# Whoever looks at her own list sees all of it.
_SHOWN = sa.or_(sa.bindparam("of_id", type_=sa.BigInteger) == sa.bindparam("viewer_id"), welcome(table.c.id))
_FOLLOWERS = Paged(
    sa.select(*entities.COLUMNS, follows.c.id.label("page_id"))
    .join(follows, follows.c.follower_id == table.c.id)
    .where(follows.c.followee_id == sa.bindparam("of_id"), _ACCEPTED, _PRESENT, _SHOWN),
    follows.c.id,
)
_FOLLOWING = Paged(
    sa.select(*entities.COLUMNS, follows.c.id.label("page_id"))
    .join(follows, follows.c.followee_id == table.c.id)
    .where(follows.c.follower_id == sa.bindparam("of_id"), _ACCEPTED, _PRESENT, _SHOWN),
    follows.c.id,
)
_ENDORSED = Paged(
    sa.select(*entities.COLUMNS, endorsement_table.c.id.label("page_id"))
    .join(endorsement_table, endorsement_table.c.target_id == table.c.id)
    .where(endorsement_table.c.account_id == sa.bindparam("of_id"), _PRESENT, _SHOWN),
    endorsement_table.c.id,
)
_BLOCKED = sa.select(sa.literal(1)).where(
    blocked(sa.bindparam("one", type_=sa.BigInteger), sa.bindparam("other", type_=sa.BigInteger))
)


def followers(call: Call, account_id: int) -> flask.Response:
    return _people(call, account_id, _FOLLOWERS, hideable=True)


def following(call: Call, account_id: int) -> flask.Response:
    return _people(call, account_id, _FOLLOWING, hideable=True)


def endorsed(call: Call, account_id: int) -> flask.Response:
    return _people(call, account_id, _ENDORSED)


def own_endorsed(call: Call) -> flask.Response:
    return _people(call, call.account_id, _ENDORSED)


def endorse(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    endorsements.add(call.tx, call.account_id, account_id)
    return relationships.one(call.tx, call.account_id, account_id)


def unendorse(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    endorsements.remove(call.tx, call.account_id, account_id)
    return relationships.one(call.tx, call.account_id, account_id)


def familiar_followers(call: Call) -> list[Entity]:
    """https://docs.joinmastodon.org/entities/FamiliarFollowers/"""
    ids = list(dict.fromkeys(call.arguments.ids("id", 40)))
    found = familiar.followers(call.tx, call.account_id, ids)
    rows = entities.load(call.tx, {each for group in found.values() for each in group})
    people = dict(zip(rows, entities.many(call.tx, call.urls, call.viewer_id, list(rows.values())), strict=True))
    return [{"id": str(each), "accounts": [people[one] for one in found.get(each, ())]} for each in ids]


def _people(call: Call, account_id: int, query: Paged, *, hideable: bool = False) -> flask.Response:
    row = present(call, account_id)
    page, viewer_id = call.arguments.page(40, 80), call.viewer_id or NOBODY
    hidden = hideable and row.hide_collections and account_id != viewer_id
    if hidden or row.suspended_at is not None or call.tx.exists(_BLOCKED, {"one": account_id, "other": viewer_id}):
        return paged(call, page, [], [])
    rows = query.rows(call.tx, page, of_id=account_id, viewer_id=viewer_id)
    return paged(call, page, [each.page_id for each in rows], entities.many(call.tx, call.urls, call.viewer_id, rows))


_ONE = "/api/v1/accounts/<account_id>"
_WRITE = ("write:accounts",)
ROUTES = (
    Route("GET", f"{_ONE}/followers", followers, optional_scope="read:accounts"),
    Route("GET", f"{_ONE}/following", following, optional_scope="read:accounts"),
    Route("GET", f"{_ONE}/endorsements", endorsed, optional_scope="read:accounts"),
    Route("GET", "/api/v1/endorsements", own_endorsed, ("read:accounts",)),
    Route("GET", "/api/v1/accounts/familiar_followers", familiar_followers, ("read:follows",)),
    *(Route("POST", f"{_ONE}/{name}", endorse, _WRITE) for name in ("pin", "endorse")),
    *(Route("POST", f"{_ONE}/{name}", unendorse, _WRITE) for name in ("unpin", "unendorse")),
)
