# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retention: of those who joined in a month (or on a day), how many were here in the ones that followed.

https://docs.joinmastodon.org/methods/admin/retention/
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import members, visits
from appliance.fediverse.services import periods
from appliance.fediverse.services.periods import Period
from appliance.fediverse.services.visits import DAY_MILLISECONDS


class Frequency(Enum):
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True)
class Cohort:
    """`stayed`: by each span that followed, its own first, how many of the `size` who joined were here."""

    first: date
    size: int
    stayed: tuple[tuple[date, int], ...]


def cohorts(tx: Tx, period: Period, frequency: Frequency) -> list[Cohort]:
    spans = sorted({_span(day, frequency) for day in period.days})
    end = _next(spans[-1], frequency)
    first, last = periods.number(spans[0]), periods.number(end) - 1
    joined_on = members.c.created_at - members.c.created_at % DAY_MILLISECONDS
    rows = tx.all(
        sa.select(members.c.account_id, joined_on.label("joined"))
        .where(members.c.created_at >= first * DAY_MILLISECONDS)
        .where(members.c.created_at < (last + 1) * DAY_MILLISECONDS)
    )
    joined = {row.account_id: _span(periods.of_number(row.joined // DAY_MILLISECONDS), frequency) for row in rows}
    seen: set[tuple[int, date]] = set()
    for row in tx.all(sa.select(visits).where(visits.c.day.between(first, last))):
        seen.add((row.account_id, _span(periods.of_number(row.day), frequency)))
    return [_cohort(span, [each for each in spans if each >= span], joined, seen) for span in spans]


def _cohort(span: date, following: list[date], joined: dict[int, date], seen: set[tuple[int, date]]) -> Cohort:
    who = [account_id for account_id, when in joined.items() if when == span]
    # Whoever joined was here then, even if by nothing that counts as a visit.
    stayed = [(each, len(who) if each == span else sum((one, each) in seen for one in who)) for each in following]
    return Cohort(span, len(who), tuple(stayed))


def _span(day: date, frequency: Frequency) -> date:
    return day if frequency is Frequency.DAY else day.replace(day=1)


def _next(span: date, frequency: Frequency) -> date:
    return span + timedelta(days=1) if frequency is Frequency.DAY else (span + timedelta(days=31)).replace(day=1)
