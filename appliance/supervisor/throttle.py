# SPDX-License-Identifier: AGPL-3.0-or-later
"""Waits after wrong guesses: they grow with every failure and are forgotten after an hour of peace."""

from dataclasses import dataclass

from appliance.errors import Refused
from appliance.system.clock import Clock

FREE_TRIES = 5
FIRST_WAIT = 10.0
LONGEST_WAIT = 15 * 60.0
FORGET_AFTER = 60 * 60.0
MAX_KEYS = 1000


@dataclass(frozen=True)
class Failures:
    count: int
    last: float

    def wait_until(self) -> float:
        if self.count < FREE_TRIES:
            return self.last
        return self.last + min(FIRST_WAIT * 2.0 ** min(self.count - FREE_TRIES, 16), LONGEST_WAIT)


class Throttle:
    """Counts failures by key, such as an account or an address. Used from one thread only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, Failures] = {}

    def begin(self, *keys: str) -> None:
        """Count an attempt as failed beforehand, so that many at once gain nothing. Raises Refused too-many-tries."""
        now = self._clock.monotonic()
        self._failures = {key: each for key, each in self._failures.items() if now - each.last < FORGET_AFTER}
        wait = max((self._failures[key].wait_until() - now for key in keys if key in self._failures), default=0.0)
        if wait > 0:
            raise Refused(
                "too-many-tries",
                "There were too many wrong tries.",
                f"Wait {_words(wait)} and try again.",
                status=429,
            )
        for key in keys:
            self._failures[key] = Failures(self._count(key) + 1, now)
        while len(self._failures) > MAX_KEYS:
            self._failures.pop(min(self._failures, key=lambda key: self._failures[key].last))

    def succeed(self, *keys: str) -> None:
        for key in keys:
            self._failures.pop(key, None)

    def _count(self, key: str) -> int:
        return self._failures[key].count if key in self._failures else 0


def _words(seconds: float) -> str:
    return f"{int(seconds) + 1} seconds" if seconds < 100 else f"{int(seconds / 60) + 1} minutes"
