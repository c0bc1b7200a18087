# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hashtags: found, followed, and how often they were used, counted by day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import featured_tags, followed_tags, tag_uses, tags
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.text import is_tag, tag_key

MAX_FOLLOWED = 500
MAX_NAME = 255
HISTORY_DAYS = 7
KEPT_DAYS = 21
DAY = 24 * 3600 * 1000

_BY_NAME = sa.select(tags).where(tags.c.name == sa.bindparam("name"))
_ADD = (
    sa.update(tag_uses)
    .where(
        tag_uses.c.day == sa.bindparam("on_day"),
        tag_uses.c.tag_id == sa.bindparam("used_id"),
        tag_uses.c.account_id == sa.bindparam("user_id"),
    )
    .values(uses=tag_uses.c.uses + 1)
)
_HISTORY = (
    sa.select(tag_uses.c.tag_id, tag_uses.c.day, sa.func.sum(tag_uses.c.uses), sa.func.count())
    .where(
        tag_uses.c.day.in_(sa.bindparam("days", expanding=True)),
        tag_uses.c.tag_id.in_(sa.bindparam("ids", expanding=True)),
    )
    .group_by(tag_uses.c.tag_id, tag_uses.c.day)
)
_FOLLOWED = sa.select(followed_tags.c.tag_id).where(
    followed_tags.c.account_id == sa.bindparam("viewer_id"),
    followed_tags.c.tag_id.in_(sa.bindparam("ids", expanding=True)),
)
_FEATURED = sa.select(featured_tags.c.tag_id).where(
    featured_tags.c.account_id == sa.bindparam("viewer_id"),
    featured_tags.c.tag_id.in_(sa.bindparam("ids", expanding=True)),
)
_FOLLOWS = Paged(
    sa.select(tags.c.id, tags.c.name, followed_tags.c.id.label("page_id"))
    .join(followed_tags, followed_tags.c.tag_id == tags.c.id)
    .where(followed_tags.c.account_id == sa.bindparam("account_id")),
    followed_tags.c.id,
)


@dataclass(frozen=True)
class Use:
    """How often, and by how many accounts, a tag was used on one day (days since 1970)."""

    day: int
    uses: int = 0
    accounts: int = 0


def find(tx: Tx, name: str) -> sa.Row[Any] | None:
    return tx.one(_BY_NAME, {"name": tag_key(name)})


def known(tx: Tx, name: str) -> int:
    """The id of a hashtag, which is made if it is new. Raises BadInput for what is none."""
    key = tag_key(name.strip().removeprefix("#"))
    row = tx.one(_BY_NAME, {"name": key})
    if row is not None:
        return int(row.id)
    if not is_tag(key) or len(key) > MAX_NAME:
        raise BadInput("Validation failed: Tag is invalid", "")
    tag_id = tx.next_id()
    tx.execute(sa.insert(tags).values(id=tag_id, name=key))
    return tag_id


def follow(tx: Tx, account_id: int, tag_id: int) -> None:
    """Following twice changes nothing. Raises BadInput."""
    mine = followed_tags.c.account_id == account_id
    if tx.exists(sa.select(followed_tags.c.id).where(mine, followed_tags.c.tag_id == tag_id)):
        return
    if tx.execute(sa.select(sa.func.count()).select_from(followed_tags).where(mine)).scalar_one() >= MAX_FOLLOWED:
        raise BadInput(f"Validation failed: You can follow {MAX_FOLLOWED} hashtags at most", "")
    tx.execute(
        sa.insert(followed_tags).values(id=tx.next_id(), account_id=account_id, tag_id=tag_id, created_at=tx.now_ms)
    )


def unfollow(tx: Tx, account_id: int, tag_id: int) -> None:
    mine = sa.and_(followed_tags.c.account_id == account_id, followed_tags.c.tag_id == tag_id)
    tx.execute(sa.delete(followed_tags).where(mine))


def followed(tx: Tx, account_id: int, page: Page) -> list[sa.Row[Any]]:
    """Rows of `tags` with `page_id`, by which the list is paged."""
    return _FOLLOWS.rows(tx, page, account_id=account_id)


def followed_among(tx: Tx, viewer_id: int, tag_ids: Collection[int]) -> set[int]:
    return _among(tx, _FOLLOWED, viewer_id, tag_ids)


def featured_among(tx: Tx, viewer_id: int, tag_ids: Collection[int]) -> set[int]:
    return _among(tx, _FEATURED, viewer_id, tag_ids)


def today(tx: Tx) -> int:
    return tx.now_ms // DAY


def use(tx: Tx, account_id: int, tag_ids: Sequence[int]) -> None:
    """Somebody used these in public, now."""
    for tag_id in tag_ids:
        where = {"on_day": today(tx), "used_id": tag_id, "user_id": account_id}
        if not tx.execute(_ADD, where).rowcount:
            tx.execute(sa.insert(tag_uses).values(day=today(tx), tag_id=tag_id, account_id=account_id, uses=1))


def history(tx: Tx, tag_ids: Collection[int]) -> dict[int, list[Use]]:
    """The last days by tag, today first; days without use are in it too."""
    days = [today(tx) - back for back in range(HISTORY_DAYS)]
    found = {}
    if tag_ids:
        rows = tx.all(_HISTORY, {"days": days, "ids": list(tag_ids)})
        found = {(row[0], row[1]): Use(row[1], int(row[2]), row[3]) for row in rows}
    return {tag_id: [found.get((tag_id, day), Use(day)) for day in days] for tag_id in tag_ids}


def forget_one(tx: Tx) -> bool:
    """Let go of a day that is too long ago to trend; false if there is none."""
    day = _oldest(tx)
    if day is None or day >= today(tx) - KEPT_DAYS:
        return False
    tx.execute(sa.delete(tag_uses).where(tag_uses.c.day == day))
    return True


def next_due(tx: Tx) -> int | None:
    """When the next day may be let go, in milliseconds since 1970."""
    day = _oldest(tx)
    return None if day is None else (day + KEPT_DAYS + 1) * DAY


def _oldest(tx: Tx) -> int | None:
    day: int | None = tx.execute(sa.select(sa.func.min(tag_uses.c.day))).scalar_one()
    return day


def _among(tx: Tx, query: "sa.Select[Any]", viewer_id: int, tag_ids: Collection[int]) -> set[int]:
    if not tag_ids:
        return set()
    return {row.tag_id for row in tx.all(query, {"viewer_id": viewer_id, "ids": list(tag_ids)})}
