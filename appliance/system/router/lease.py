# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lease: for how long something was given."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lease:
    """`seconds` is None where it has no end; `since` is the clock's monotonic time."""

    seconds: int | None
    since: float

    def left(self, now: float) -> int | None:
        return None if self.seconds is None else max(0, int(self.since + self.seconds - now))

    def lasts(self, now: float) -> bool:
        return self.left(now) != 0

    def is_due(self, now: float) -> bool:
        """Whether half of it is over."""
        left = self.left(now)
        return left is not None and self.seconds is not None and 2 * left <= self.seconds
