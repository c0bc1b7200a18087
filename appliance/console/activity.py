# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether anybody still uses the console: when the last request ended, and how many streams are open."""

import threading

from appliance.system.clock import Clock

MAX_STREAMS = 4  # of eight threads, so that pages always find a free one


class Activity:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._streams = 0
        self._last = clock.monotonic()

    def touch(self) -> None:
        """Somebody was here just now."""
        with self._lock:
            self._last = self._clock.monotonic()

    def begin_stream(self) -> bool:
        """Take one of the few places for long answers; False if none is free. End it with `end_stream`."""
        with self._lock:
            if self._streams >= MAX_STREAMS:
                return False
            self._streams += 1
            return True

    def end_stream(self) -> None:
        with self._lock:
            self._streams -= 1
            self._last = self._clock.monotonic()

    def idle_seconds(self) -> float:
        """How long nobody has been here; 0 while somebody is."""
        with self._lock:
            return 0.0 if self._streams else self._clock.monotonic() - self._last
