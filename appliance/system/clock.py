# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clock: what time it is, how much of it has passed, and whether it can be trusted yet."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

# systemd-timesyncd touches this file when it has heard from a time server.
_SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")


class Clock(Protocol):
    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None: ...

    def trusted(self) -> bool:
        """False while the time of day may be wrong: boards have no battery-backed clock."""
        ...


class SystemClock:
    """The machine's own clock. `assume_trusted` is for machines with a battery-backed clock; `heard` is the file that
    is there once a time server has answered."""

    def __init__(self, *, assume_trusted: bool = False, heard: Path = _SYNCHRONIZED) -> None:
        self._assume_trusted = assume_trusted
        self._heard = heard

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def trusted(self) -> bool:
        return self._assume_trusted or self._heard.exists()


class VirtualClock:
    """A clock that moves only when told to, or when somebody sleeps on it."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._monotonic = 1000.0
        self.is_trusted = True

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def trusted(self) -> bool:
        return self.is_trusted

    def advance(self, seconds: float) -> None:
        """Let time pass. A negative number steps the time of day back, as a wrong clock does when corrected."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += max(0.0, seconds)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 in UTC, the form in which times are stored."""
    return int(moment.timestamp() * 1000)


def from_milliseconds(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1000, UTC)
