# SPDX-License-Identifier: AGPL-3.0-or-later
"""Posts of other servers that nobody here has touched go after a while, a few at a time, so that nobody waits.

Touched is what one of ours wrote, answered, boosted, favourited, bookmarked, voted on, quoted, filtered or is
mentioned in, what stands in one conversation with any post of ours, and what a report names. All of that stays, and
so do boosts of our own posts. What is gone is no secret: it can be fetched again.
"""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import (
    accounts,
    bookmarks,
    conversation_statuses,
    favourites,
    filter_statuses,
    mentions,
    metadata,
    pins,
    poll_votes,
    reports,
    statuses,
)

STEP = 100
ACCOUNTS_STEP = 5  # removing one looks through all posts, for answers to it


def _ours(account_id: Any) -> "sa.ColumnElement[bool]":
    account = again(accounts)
    return sa.exists().where(account.c.id == account_id, account.c.domain == "")


def _touched(table: sa.Table, status_id: Any) -> "sa.ColumnElement[bool]":
    """A row of the table about the status, by one of ours."""
    row = again(table)
    return sa.exists().where(row.c.status_id == status_id, _ours(row.c.account_id))


def _untouched() -> "sa.ColumnElement[bool]":
    other, original, vote = again(statuses), again(statuses), again(poll_votes)
    beside = again(statuses, "beside")
    return sa.and_(
        sa.not_(statuses.c.local),
        sa.not_(_ours(statuses.c.account_id)),
        *(sa.not_(_touched(table, statuses.c.id)) for table in (favourites, bookmarks, mentions)),
        ~sa.exists().where(other.c.boost_of_id == statuses.c.id, _ours(other.c.account_id)),
        # The literal condition is that of the index ix_statuses_our_threads.
        ~sa.exists().where(beside.c.conversation_id == statuses.c.conversation_id, sa.text("beside.local")),
        ~sa.exists().where(other.c.quoted_id == statuses.c.id, _ours(other.c.account_id)),
        ~sa.exists().where(original.c.id == statuses.c.boost_of_id, original.c.local),
        *(~sa.exists().where(table.c.status_id == statuses.c.id) for table in (pins, filter_statuses)),
        ~sa.exists().where(conversation_statuses.c.status_id == statuses.c.id),
        ~sa.exists().where(vote.c.poll_id == statuses.c.poll_id, _ours(vote.c.account_id)),
    )


_SOME = (
    sa.select(statuses.c.id)
    .where(statuses.c.id > sa.bindparam("after"), statuses.c.id < sa.bindparam("before"))
    .order_by(statuses.c.id)
    .limit(STEP)
)
_UNTOUCHED = sa.select(statuses.c.id, statuses.c.account_id).where(
    statuses.c.id.in_(sa.bindparam("ids", expanding=True)), _untouched()
)
_REPORTED = sa.select(reports.c.status_ids)


def some(tx: Tx, after: int, before: int) -> list[int]:
    """The next ids between two, in order, whatever they are."""
    return [row.id for row in tx.all(_SOME, {"after": after, "before": before})]


def reported(tx: Tx) -> frozenset[int]:
    """All that reports name."""
    found: set[int] = set()
    for row in tx.all(_REPORTED):
        named = json.loads(row.status_ids) if isinstance(row.status_ids, str) else row.status_ids
        found.update(int(each) for each in named or ())
    return frozenset(found)


def prune(tx: Tx, ids: Sequence[int]) -> int:
    """Let those of them go that nobody here has touched; how many there were."""
    named = reported(tx)
    gone = [row for row in tx.all(_UNTOUCHED, {"ids": list(ids)}) if row.id not in named]
    for author_id in {row.account_id for row in gone}:
        count = sum(row.account_id == author_id for row in gone)
        less = sa.case((accounts.c.statuses_count > count, accounts.c.statuses_count - count), else_=sa.literal(0))
        tx.execute(sa.update(accounts).where(accounts.c.id == author_id).values(statuses_count=less))
    if gone:
        tx.execute(sa.delete(statuses).where(statuses.c.id.in_([row.id for row in gone])))
    return len(gone)


def _references() -> "list[sa.Column[Any]]":
    """Every column that names an account, of any table: whoever is named anywhere stays."""
    columns = [
        column
        for table in metadata.sorted_tables
        for column in table.c
        if any(key.column is accounts.c.id for key in column.foreign_keys)
    ]
    return [*columns, accounts.c.moved_to_id]


def forgotten_accounts(tx: Tx, after: int, before: int) -> list[int]:
    """People of other servers of whom nothing else is known here any more: not read lately, and named nowhere."""
    some = (
        sa.select(accounts.c.id)
        .where(accounts.c.id > after, accounts.c.domain != "", accounts.c.suspended_at.is_(None))
        .where(accounts.c.fetched_at < before)
        .order_by(accounts.c.id)
        .limit(STEP)
    )
    found = {row.id for row in tx.all(some)}
    for column in _references():
        if found:
            named = sa.select(column).where(column.in_(found)).distinct()
            found -= {row[0] for row in tx.all(named)}
    return sorted(found)[:ACCOUNTS_STEP]


def remove_accounts(tx: Tx, ids: Sequence[int]) -> None:
    """What `forgotten_accounts` found, unless something named them since."""
    for account_id in ids:
        if not any(tx.exists(sa.select(column).where(column == account_id).limit(1)) for column in _references()):
            tx.execute(sa.delete(accounts).where(accounts.c.id == account_id, accounts.c.domain != ""))
