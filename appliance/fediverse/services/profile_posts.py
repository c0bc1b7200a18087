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


@dataclass(frozen=True)
class Wanted:
    """`tagged` is a hashtag as it is stored."""

    replies: bool = True
    boosts: bool = True
    only_media: bool = False
    tagged: str | None = None


def _flag(name: str) -> "sa.BindParameter[bool]":
    return sa.bindparam(name, type_=sa.Boolean)


ALL = Wanted()
_OF_AUTHOR = sa.select(statuses).where(
    statuses.c.account_id == sa.bindparam("author_id"),
    visible(),
    boost_welcome(),
    sa.or_(
        _flag("replies"),
        statuses.c.in_reply_to_id.is_(None),
        statuses.c.in_reply_to_account_id == statuses.c.account_id,
    ),
    sa.or_(_flag("boosts"), statuses.c.boost_of_id.is_(None)),
    sa.or_(sa.not_(_flag("only_media")), with_media()),
)
_ALL = Paged(_OF_AUTHOR, statuses.c.id)
_TAGGED = Paged(
    _OF_AUTHOR.join(status_tags, status_tags.c.status_id == statuses.c.id)
    .join(tags, tags.c.id == status_tags.c.tag_id)
    .where(tags.c.name == sa.bindparam("tag")),
    statuses.c.id,
)


def page(tx: Tx, viewer_id: int | None, author_id: int, page: Page, wanted: Wanted = ALL) -> list[sa.Row[Any]]:
    parameters: dict[str, Any] = {
        "viewer_id": viewer_id or NOBODY,
        "author_id": author_id,
        "replies": wanted.replies,
        "boosts": wanted.boosts,
        "only_media": wanted.only_media,
    }
    if wanted.tagged is not None:
        return _TAGGED.rows(tx, page, tag=wanted.tagged, **parameters)
    return _ALL.rows(tx, page, **parameters)
