# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures of the instance over some days, each in one query: https://docs.joinmastodon.org/methods/admin/measures/"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, favourites, follows, members, reports, status_tags, statuses, visits
from appliance.fediverse.services import periods, server_blocks
from appliance.fediverse.services.periods import Period
from appliance.fediverse.services.visits import DAY_MILLISECONDS

Parameters = dict[str, str]
Counted = dict[date, int]


@dataclass(frozen=True)
class Measure:
    """`previous` is the total of as many days before, where that can be said."""

    key: str
    unit: str | None
    total: int
    previous: int | None
    by_day: Counted


def measure(tx: Tx, key: str, period: Period, parameters: Parameters) -> Measure | None:
    """None for what is not known, or not said of what."""
    if key == "active_users":
        return _active_users(tx, period)
    counter = _COUNTERS.get(key)
    if counter is None:
        return None
    query = counter(parameters)
    if query is None:
        return None
    by_day, before = _by_day(tx, query, period), _by_day(tx, query, period.before)
    unit = "bytes" if key == "instance_media_attachments" else None
    return Measure(key, unit, sum(by_day.values()), sum(before.values()), by_day)


def _active_users(tx: Tx, period: Period) -> Measure:
    def between(numbers: tuple[int, int]) -> int:
        who = sa.func.count(visits.c.account_id.distinct())
        return int(tx.execute(sa.select(who).where(visits.c.day.between(*numbers))).scalar_one())

    query = sa.select(visits.c.day, sa.func.count()).where(visits.c.day.between(*period.numbers)).group_by(visits.c.day)
    found = {periods.of_number(row[0]): row[1] for row in tx.all(query)}
    by_day = {day: found.get(day, 0) for day in period.days}
    return Measure("active_users", None, between(period.numbers), between(period.before.numbers), by_day)


@dataclass(frozen=True)
class _Query:
    """`moment` is the column, in milliseconds, that says on which day a row counts."""

    rows: "sa.Select[Any]"
    moment: Any


def _by_day(tx: Tx, query: _Query, period: Period) -> Counted:
    first, end = period.moments
    shifted = query.moment - query.moment % DAY_MILLISECONDS
    narrowed = query.rows.where(query.moment >= first, query.moment < end)
    rows = tx.all(narrowed.with_only_columns(shifted.label("at"), sa.func.count()).group_by(sa.text("at")))
    found = {periods.of_number(int(row[0]) // DAY_MILLISECONDS): int(row[1] or 0) for row in rows}
    return {day: found.get(day, 0) for day in period.days}


def _new_users(_: Parameters) -> _Query:
    return _Query(sa.select(members), members.c.created_at)


def _interactions(_: Parameters) -> _Query:
    """Favourites, boosts and answers that local posts got."""
    other, original = again(statuses), again(statuses)
    liked = sa.select(favourites.c.created_at).join(statuses, statuses.c.id == favourites.c.status_id)
    answered = sa.select(other.c.created_at).join(
        original, sa.or_(original.c.id == other.c.boost_of_id, original.c.id == other.c.in_reply_to_id)
    )
    both = sa.union_all(liked.where(statuses.c.local), answered.where(original.c.local)).subquery()
    return _Query(sa.select(both), both.c.created_at)


def _opened_reports(_: Parameters) -> _Query:
    return _Query(sa.select(reports), reports.c.created_at)


def _resolved_reports(_: Parameters) -> _Query:
    return _Query(sa.select(reports).where(reports.c.action_taken_at.is_not(None)), reports.c.action_taken_at)


def _tagged(parameters: Parameters) -> _Query | None:
    number = parameters.get("id", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    rows = (
        sa.select(statuses)
        .join(status_tags, status_tags.c.status_id == statuses.c.id)
        .join(accounts, accounts.c.id == statuses.c.account_id)
        .where(status_tags.c.tag_id == int(number))
    )
    return _Query(rows, statuses.c.created_at)


def _distinct(column: Any) -> Callable[[Parameters], _Query | None]:
    """Counted once for each day on which it is met."""

    def query(parameters: Parameters) -> _Query | None:
        tagged = _tagged(parameters)
        if tagged is None:
            return None
        day = statuses.c.created_at - statuses.c.created_at % DAY_MILLISECONDS
        rows = tagged.rows.with_only_columns(day.label("created_at"), column.label("what")).distinct().subquery()
        return _Query(sa.select(rows), rows.c.created_at)

    return query


def _of_server(table: sa.Table, link: Any, *more: Any) -> Callable[[Parameters], _Query | None]:
    """Rows of a table that belong to accounts of one server."""

    def query(parameters: Parameters) -> _Query | None:
        domain = parameters.get("domain", "").strip().lower()
        if not domain:
            return None
        rows = sa.select(table) if table is accounts else sa.select(table).join(accounts, accounts.c.id == link)
        theirs = accounts.c.domain == domain
        if parameters.get("include_subdomains") == "true":
            theirs = server_blocks.of_domain(domain)
        return _Query(rows.where(theirs, *more), table.c.created_at)

    return query


_COUNTERS: dict[str, Callable[[Parameters], _Query | None]] = {
    "new_users": _new_users,
    "interactions": _interactions,
    "opened_reports": _opened_reports,
    "resolved_reports": _resolved_reports,
    "tag_uses": _tagged,
    "tag_accounts": _distinct(statuses.c.account_id),
    "tag_servers": _distinct(accounts.c.domain),
    "instance_accounts": _of_server(accounts, None),
    "instance_statuses": _of_server(statuses, statuses.c.account_id),
    "instance_reports": _of_server(reports, reports.c.target_account_id),
    "instance_follows": _of_server(follows, follows.c.followee_id),
    "instance_followers": _of_server(follows, follows.c.follower_id),
}
