# SPDX-License-Identifier: AGPL-3.0-or-later
"""Periods of whole days (UTC), for counting what happened in them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from appliance.errors import HearthError
from appliance.fediverse.db.ids import floor
from appliance.system.clock import milliseconds

MAX_DAYS = 400
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Period:
    """Both days belong to it."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=each) for each in range((self.last - self.first).days + 1)]

    @property
    def before(self) -> "Period":
        """As long a one, right before this one."""
        length = timedelta(days=len(self.days))
        return Period(self.first - length, self.last - length)

    @property
    def numbers(self) -> tuple[int, int]:
        """First and last day, counted from 1970."""
        return number(self.first), number(self.last)

    @property
    def moments(self) -> tuple[int, int]:
        """Milliseconds: from the first, up to and without the second."""
        return milliseconds(midnight(self.first)), milliseconds(midnight(self.last + timedelta(days=1)))

    @property
    def ids(self) -> tuple[int, int]:
        """What was made in it has ids from the first, up to and without the second."""
        return floor(midnight(self.first)), floor(midnight(self.last + timedelta(days=1)))


def parse(start: str | None, end: str | None) -> Period:
    """Raises HearthError bad-period (400)."""
    first, last = _day(start), _day(end)
    if first is None or last is None or not 0 <= (last - first).days < MAX_DAYS:
        raise HearthError("bad-period", "param is missing or the value is invalid: start_at, end_at", status=400)
    return Period(first, last)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def number(day: date) -> int:
    return (day - _EPOCH).days


def of_number(number: int) -> date:
    return _EPOCH + timedelta(days=number)


def _day(text: str | None) -> date | None:
    """A time of day is of no matter."""
    try:
        day = date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
    return day if 1971 <= day.year <= 2900 else None
