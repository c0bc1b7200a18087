# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hashtags that somebody shows on her profile, with how often she used them: counted when she writes."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import featured_tags, status_tags, statuses, tags
from appliance.fediverse.services import tags as tag_services
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.visibility import OPEN

MAX = 10
_LOOKED_AT = 200  # latest posts, for suggestions

_OF = (
    sa.select(featured_tags)
    .where(featured_tags.c.account_id == sa.bindparam("account_id"))
    .order_by(featured_tags.c.statuses_count.desc(), featured_tags.c.id)
)
_USED = (
    sa.update(featured_tags)
    .where(
        featured_tags.c.account_id == sa.bindparam("author_id"),
        featured_tags.c.tag_id.in_(sa.bindparam("tag_ids", expanding=True)),
    )
    .values(
        statuses_count=featured_tags.c.statuses_count + 1,
        last_status_at=sa.bindparam("at", type_=sa.BigInteger),
    )
)
_COUNT = (
    sa.select(sa.func.count(), sa.func.max(statuses.c.created_at))
    .join(status_tags, status_tags.c.status_id == statuses.c.id)
    .where(
        statuses.c.account_id == sa.bindparam("account_id"),
        status_tags.c.tag_id == sa.bindparam("tag_id"),
        statuses.c.visibility.in_(OPEN),
    )
)
_latest = (
    sa.select(statuses.c.id)
    .where(statuses.c.account_id == sa.bindparam("account_id"))
    .order_by(statuses.c.id.desc())
    .limit(_LOOKED_AT)
    .subquery()
)
_SUGGESTED = (
    sa.select(tags.c.id, tags.c.name)
    .select_from(_latest)
    .join(status_tags, status_tags.c.status_id == _latest.c.id)
    .join(tags, tags.c.id == status_tags.c.tag_id)
    .where(
        ~sa.exists().where(
            featured_tags.c.account_id == sa.bindparam("account_id"), featured_tags.c.tag_id == tags.c.id
        )
    )
    .group_by(tags.c.id, tags.c.name)
    .order_by(sa.func.count().desc(), tags.c.id)
    .limit(MAX)
)


def of(tx: Tx, account_id: int) -> list[sa.Row[Any]]:
    """Those used most often first."""
    return tx.all(_OF, {"account_id": account_id})


def get(tx: Tx, account_id: int, featured_id: int) -> sa.Row[Any]:
    """Raises HearthError not-found, also for other people's."""
    mine = sa.and_(featured_tags.c.id == featured_id, featured_tags.c.account_id == account_id)
    row = tx.one(sa.select(featured_tags).where(mine))
    if row is None:
        raise missing()
    return row


def add(tx: Tx, account_id: int, name: str) -> int:
    """Featuring twice answers the first. Raises BadInput."""
    tag_id = tag_services.known(tx, name)
    shown = of(tx, account_id)
    there = [row.id for row in shown if row.tag_id == tag_id]
    if there:
        return int(there[0])
    if len(shown) >= MAX:
        raise BadInput("Validation failed: You have already featured the maximum number of hashtags", "")
    featured_id = tx.next_id()
    tx.execute(
        sa.insert(featured_tags).values(
            id=featured_id,
            account_id=account_id,
            tag_id=tag_id,
            name=name.strip().removeprefix("#"),
            created_at=tx.now_ms,
        )
    )
    _recount(tx, account_id, tag_id)
    return featured_id


def remove(tx: Tx, account_id: int, tag_id: int) -> None:
    """Nothing happens if it is not featured."""
    mine = sa.and_(featured_tags.c.account_id == account_id, featured_tags.c.tag_id == tag_id)
    tx.execute(sa.delete(featured_tags).where(mine))


def suggested(tx: Tx, account_id: int) -> list[sa.Row[Any]]:
    """Rows of `tags`: what she used most often of late, and does not feature."""
    return tx.all(_SUGGESTED, {"account_id": account_id})


def used(tx: Tx, author_id: int, tag_ids: Sequence[int], at: int) -> None:
    """She wrote something with these."""
    tx.execute(_USED, {"author_id": author_id, "tag_ids": list(tag_ids), "at": at})


def recount(tx: Tx, author_id: int) -> None:
    """After a post with hashtags was changed or went."""
    for row in of(tx, author_id):
        _recount(tx, author_id, row.tag_id)


def _recount(tx: Tx, account_id: int, tag_id: int) -> None:
    count, last = tx.execute(_COUNT, {"account_id": account_id, "tag_id": tag_id}).one()
    mine = sa.and_(featured_tags.c.account_id == account_id, featured_tags.c.tag_id == tag_id)
    tx.execute(sa.update(featured_tags).where(mine).values(statuses_count=count, last_status_at=last))
