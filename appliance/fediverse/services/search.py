# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finding accounts and hashtags by the beginning of their names."""

from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows, tags
from appliance.fediverse.model import FollowState
from appliance.fediverse.services.visibility import NOBODY, not_blocking

_LAST = "\U0010ffff"  # sorts behind all that begins with what it follows
_following = sa.exists().where(
    follows.c.follower_id == sa.bindparam("viewer_id"),
    follows.c.followee_id == accounts.c.id,
    follows.c.state == FollowState.ACCEPTED.value,
)
_ACCOUNTS = (
    sa.select(accounts)
    .where(
        sa.or_(
            sa.and_(
                accounts.c.username_key >= sa.bindparam("name"), accounts.c.username_key < sa.bindparam("name_end")
            ),
            sa.func.lower(accounts.c.display_name).like(sa.bindparam("words"), escape="\\"),
        ),
        accounts.c.domain.like(sa.bindparam("domain"), escape="\\"),
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
        not_blocking(accounts.c.id),
        sa.or_(sa.not_(sa.bindparam("only_following", type_=sa.Boolean)), _following),
    )
    .order_by(_following.desc(), accounts.c.domain != "", accounts.c.username_key)
    .limit(sa.bindparam("count"))
    .offset(sa.bindparam("skip"))
)
_TAGS = (
    sa.select(tags.c.id, tags.c.name)
    .where(tags.c.name >= sa.bindparam("name"), tags.c.name < sa.bindparam("name_end"))
    .order_by(tags.c.name)
    .limit(sa.bindparam("count"))
    .offset(sa.bindparam("skip"))
)


def find_accounts(
    tx: Tx, viewer_id: int | None, query: str, limit: int, *, offset: int = 0, only_following: bool = False
) -> list[sa.Row[Any]]:
    """By user name, handle or display name; those the viewer follows first."""
    name, _, domain = query.strip().removeprefix("@").lower().partition("@")
    if not name:
        return []
    parameters = {
        "viewer_id": viewer_id or NOBODY,
        "name": name,
        "name_end": name + _LAST,
        "words": f"%{_escaped(name)}%",
        "domain": f"{_escaped(domain)}%",
        "only_following": only_following,
        "count": limit,
        "skip": offset,
    }
    return tx.all(_ACCOUNTS, parameters)


def find_tags(tx: Tx, name: str, limit: int, offset: int = 0) -> list[sa.Row[Any]]:
    """Rows of `tags`; `name` in lower case."""
    parameters = {"name": name, "name_end": name + _LAST, "count": limit, "skip": offset}
    return tx.all(_TAGS, parameters) if name else []


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
