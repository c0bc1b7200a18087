# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody wrote and boosted, as her profile shows it. Rows are of `statuses`, newest first. Pins: pins.py."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import status_tags, statuses, tags
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.visibility import NOBODY, boost_welcome, visible
from appliance.fediverse.services.with_media import with_media

_author: "sa.BindParameter[int]" = sa.bindparam("author_id")


@dataclass(frozen=True)
class Wanted:
    """`tagged` is a hashtag as it is stored."""

    replies: bool = True
    boosts: bool = True
    only_media: bool = False
    tagged: str | None = None


ALL = Wanted()


def page(tx: Tx, viewer_id: int | None, author_id: int, page: Page, wanted: Wanted = ALL) -> list[sa.Row[Any]]:
    query = _TAGGED if wanted.tagged is not None else _ALL[wanted.boosts, wanted.replies]
    parameters: dict[str, Any] = {} if wanted.tagged is None else {"tag": wanted.tagged}
    return query.rows(
        tx, page, viewer_id=viewer_id or NOBODY, author_id=author_id, only_media=wanted.only_media, **parameters
    )


def _of_author(*more: "sa.ColumnElement[bool]") -> "sa.Select[Any]":
    media = sa.or_(sa.not_(sa.bindparam("only_media", type_=sa.Boolean)), with_media())
    return sa.select(statuses).where(statuses.c.account_id == _author, visible(), boost_welcome(), media, *more)


def _listed(*, boosts: bool, replies: bool) -> Paged:
    conditions = []
    if not replies:
        to_self = statuses.c.in_reply_to_account_id == statuses.c.account_id
        conditions.append(sa.or_(statuses.c.in_reply_to_id.is_(None), to_self))
    if not boosts:
        # Not IS NULL, which SQLite would look up in an index and sort.
        conditions.append(sa.func.coalesce(statuses.c.boost_of_id, 0) == 0)
    return Paged(_of_author(*conditions), statuses.c.id)


_ALL = {
    (boosts, replies): _listed(boosts=boosts, replies=replies) for boosts in (False, True) for replies in (False, True)
}
_TAGGED = Paged(
    _of_author()
    .join(status_tags, status_tags.c.status_id == statuses.c.id)
    .join(tags, tags.c.id == status_tags.c.tag_id)
    .where(tags.c.name == sa.bindparam("tag")),
    statuses.c.id,
)
