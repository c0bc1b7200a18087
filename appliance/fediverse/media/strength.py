# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether heavy work may go on. On a box somebody who watches the power supply says so; elsewhere nobody does."""

from appliance.system.clock import Clock

# Whoever said that it is weak says it again and again. If they fall silent, life goes on.
HOLDS_SECONDS = 60.0


class Strength:
    """Told by the admin socket, asked by tasks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._weak_until = float("-inf")

    def note(self, *, good: bool) -> None:
        self._weak_until = float("-inf") if good else self._clock.monotonic() + HOLDS_SECONDS

    def is_good(self) -> bool:
        return self._clock.monotonic() >= self._weak_until
