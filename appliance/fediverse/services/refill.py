# SPDX-License-Identifier: AGPL-3.0-or-later
"""What enters and leaves timelines when people do: somebody newly followed, put on a list, muted or blocked."""

from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows, home, list_accounts, list_statuses, lists, statuses
from appliance.fediverse.model import FollowState, Visibility
from appliance.fediverse.services.visibility import OPEN, unwelcome

FILL = 40
_LATEST = (
    sa.select(statuses.c.id, statuses.c.language)
    .where(
        statuses.c.account_id == sa.bindparam("author_id"),
        statuses.c.boost_of_id.is_(None),
        statuses.c.visibility.in_((*OPEN, Visibility.FOLLOWERS.value)),
        sa.or_(statuses.c.in_reply_to_id.is_(None), statuses.c.in_reply_to_account_id == sa.bindparam("author_id")),
    )
    .order_by(statuses.c.id.desc())
    .limit(FILL)
)
_IN_HOME = sa.select(home.c.status_id).where(
    home.c.account_id == sa.bindparam("owner_id"), home.c.status_id.in_(sa.bindparam("ids", expanding=True))
)
_IN_LIST = sa.select(list_statuses.c.status_id).where(
    list_statuses.c.list_id == sa.bindparam("owner_id"),
    list_statuses.c.status_id.in_(sa.bindparam("ids", expanding=True)),
)
_FOLLOWED = sa.select(follows.c.languages).where(
    follows.c.follower_id == sa.bindparam("reader_id"),
    follows.c.followee_id == sa.bindparam("author_id"),
    follows.c.state == FollowState.ACCEPTED.value,
    # Whoever was muted before stays so.
    sa.not_(unwelcome(follows.c.follower_id, follows.c.followee_id)),
)
_WANTED_ON_LIST = sa.select(lists.c.id).where(
    lists.c.id == sa.bindparam("list_id"), sa.not_(unwelcome(lists.c.account_id, sa.bindparam("author_id")))
)
_LISTS = (
    sa.select(lists.c.id, lists.c.exclusive)
    .join(list_accounts, list_accounts.c.list_id == lists.c.id)
    .where(lists.c.account_id == sa.bindparam("reader_id"), list_accounts.c.account_id == sa.bindparam("author_id"))
)
_boost, _original = again(statuses), again(statuses)
# From what somebody wrote, which is less than what a timeline holds.
_THEIRS = sa.union_all(
    sa.select(statuses.c.id).where(statuses.c.account_id == sa.bindparam("author_id")),
    sa.select(_boost.c.id)
    .join(_original, _original.c.id == _boost.c.boost_of_id)
    .where(_original.c.account_id == sa.bindparam("author_id")),
)


def followed(tx: Tx, reader_id: int, author_id: int) -> None:
    """The latest posts of somebody newly followed, or muted no more, come to where they would have come. Replies to
    others and boosts are left out, and nothing happens if she is not followed, or not wanted in lists."""
    follow = tx.one(_FOLLOWED, {"reader_id": reader_id, "author_id": author_id})
    if follow is None:
        return
    latest = _latest(tx, author_id, follow.languages)
    on = tx.all(_LISTS, {"reader_id": reader_id, "author_id": author_id})
    for row in on:
        _fill_list(tx, row.id, latest)
    reader = tx.one(sa.select(accounts.c.domain).where(accounts.c.id == reader_id))
    if reader is not None and not reader.domain and not any(row.exclusive for row in on):
        missing = _missing(tx, _IN_HOME, reader_id, latest)
        if missing:
            tx.execute(sa.insert(home), [{"account_id": reader_id, "status_id": each} for each in missing])


def fill_list(tx: Tx, list_id: int, author_id: int) -> None:
    """The same, of somebody put on a list."""
    if tx.exists(_WANTED_ON_LIST, {"list_id": list_id, "author_id": author_id}):
        _fill_list(tx, list_id, _latest(tx, author_id, None))


def clear(tx: Tx, reader_id: int, author_id: int) -> None:
    """Take somebody's posts, and boosts of them, out of a reader's home and lists."""
    clear_home(tx, reader_id, author_id)
    for row in tx.all(sa.select(lists.c.id).where(lists.c.account_id == reader_id)):
        clear_list(tx, row.id, author_id)


def clear_home(tx: Tx, reader_id: int, author_id: int) -> None:
    mine = home.c.account_id == reader_id
    tx.execute(sa.delete(home).where(mine, home.c.status_id.in_(_THEIRS)), {"author_id": author_id})


def clear_list(tx: Tx, list_id: int, author_id: int) -> None:
    mine = list_statuses.c.list_id == list_id
    tx.execute(sa.delete(list_statuses).where(mine, list_statuses.c.status_id.in_(_THEIRS)), {"author_id": author_id})


def _fill_list(tx: Tx, list_id: int, latest: list[int]) -> None:
    missing = _missing(tx, _IN_LIST, list_id, latest)
    if missing:
        tx.execute(sa.insert(list_statuses), [{"list_id": list_id, "status_id": each} for each in missing])


def _latest(tx: Tx, author_id: int, languages: str | None) -> list[int]:
    """`languages` as in `follows`."""
    rows = tx.all(_LATEST, {"author_id": author_id})
    return [row.id for row in rows if not (languages and row.language) or f" {row.language} " in languages]


def _missing(tx: Tx, known: "sa.Select[Any]", owner_id: int, latest: list[int]) -> list[int]:
    there = {row.status_id for row in tx.all(known, {"owner_id": owner_id, "ids": latest})} if latest else set()
    return [each for each in latest if each not in there]
