# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rows that strangers made us keep and nothing needs any more, found a few at a time, in the order of their keys.

Where posts of elsewhere were deleted, hashtags that nothing has, collections of elsewhere that nobody here has to do
with. What is ours is none of it: a deleted post of ours is told to be gone for ever.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.ids import floor
from appliance.fediverse.db.tables import (
    accounts,
    collection_items,
    collections,
    featured_tags,
    followed_tags,
    follows,
    status_tags,
    tag_uses,
    tags,
    tombstones,
    trend_reviews,
)

STEP = 100
YOUNG = timedelta(days=1)  # what was made just now may be needed in a moment


@dataclass(frozen=True)
class Found:
    """What may go, by key. `after` is where to look next, None at the end."""

    gone: list[Any]
    after: Any


@dataclass(frozen=True)
class Kind:
    """`look` is asked in order, with what it answered last, `start` at first, and how old a thing of elsewhere must be
    to go."""

    key: "sa.Column[Any]"
    start: Any
    look: Callable[[Tx, Any, timedelta], Found]

    def remove(self, tx: Tx, gone: list[Any]) -> None:
        tx.execute(sa.delete(self.key.table).where(self.key.in_(gone)))


def _page(tx: Tx, query: "sa.Select[Any]", key: "sa.Column[Any]", after: Any) -> tuple[list[sa.Row[Any]], Any]:
    rows = tx.all(query.where(key > after).order_by(key).limit(STEP))
    return rows, rows[-1][0] if len(rows) == STEP else None


def _deleted(tx: Tx, after: Any, age: timedelta) -> Found:
    """By then nobody brings them any more: what is signed is not taken after half a day."""
    rows, following = _page(tx, sa.select(tombstones.c.uri, tombstones.c.deleted_at), tombstones.c.uri, after)
    before = tx.now_ms - age // timedelta(milliseconds=1)
    gone = [row.uri for row in rows if row.deleted_at < before and not row.uri.startswith("local:")]
    return Found(gone, following)


def _unused_tags(tx: Tx, after: Any, _: timedelta) -> Found:
    query = sa.select(tags.c.id).where(tags.c.id < floor(tx.now - YOUNG))
    rows, following = _page(tx, query, tags.c.id, after)
    some = [row.id for row in rows]
    unused = sa.select(tags.c.id).where(
        tags.c.id.in_(some),
        *(
            ~sa.exists().where(column == tags.c.id)
            for column in (status_tags.c.tag_id, followed_tags.c.tag_id, featured_tags.c.tag_id, tag_uses.c.tag_id)
        ),
        ~sa.exists().where(trend_reviews.c.kind == "tag", trend_reviews.c.subject == tags.c.name),
    )
    return Found([row.id for row in tx.all(unused)] if some else [], following)


def _collections(tx: Tx, after: Any, age: timedelta) -> Found:
    """Those that no member is in and whose owner nobody here follows. Which ones members left stays known."""
    member, item, follow = again(accounts), again(collection_items), again(follows)
    query = sa.select(collections.c.id).where(collections.c.uri.is_not(None), collections.c.id < floor(tx.now - age))
    rows, following = _page(tx, query, collections.c.id, after)
    some = [row.id for row in rows]
    nobodys = sa.select(collections.c.id).where(
        collections.c.id.in_(some),
        ~sa.exists().where(
            item.c.collection_id == collections.c.id, member.c.id == item.c.account_id, member.c.domain == ""
        ),
        ~sa.exists().where(
            follow.c.followee_id == collections.c.account_id, member.c.id == follow.c.follower_id, member.c.domain == ""
        ),
    )
    return Found([row.id for row in tx.all(nobodys)] if some else [], following)


KINDS = (
    Kind(tombstones.c.uri, "", _deleted),
    Kind(tags.c.id, -1, _unused_tags),
    Kind(collections.c.id, -1, _collections),
)
