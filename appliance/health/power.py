# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one place that says whether heavy work may go on: a weak power supply damages what is being written."""

from appliance.system.clock import Clock

TOO_WEAK = "Paused: the power supply is too weak. It goes on by itself."
# A supply that recovered for a moment fails again under the very load that made it fail.
CALM_SECONDS = 30.0


class Power:
    """Told by whoever watches the sensors, asked by jobs in their own threads. Until it is told, all is well."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._weak_at = float("-inf")

    def note(self, *, weak: bool) -> None:
        if weak:
            self._weak_at = self._clock.monotonic()

    def is_good(self) -> bool:
        """False while the supply is too weak, and for half a minute after it was."""
        return self._clock.monotonic() - self._weak_at > CALM_SECONDS
