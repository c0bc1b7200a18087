# SPDX-License-Identifier: AGPL-3.0-or-later
"""The status light of a real board: every LED that its file names and that is there shines the same pattern."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from appliance.board import leds
from appliance.board.leds import Lamp, Leds
from appliance.board.light import Pattern
from appliance.board.profile import LightRole
from appliance.board.rhythm import Channel, frames, primary, ramps, single
from appliance.errors import HearthError

log = logging.getLogger(__name__)

Wait = Callable[[threading.Event, float | None], bool]
"""Wait so many seconds, or until the event: whether the event came."""


class StatusLight:
    """The kernel plays the pattern where it can: that costs nothing, and goes on while the supervisor restarts and
    while the box shuts down. Where it cannot, a thread steps through it."""

    def __init__(
        self, roles: tuple[LightRole, ...], folder: Path, wait: Wait = lambda event, seconds: event.wait(seconds)
    ) -> None:
        self._roles = roles
        self._folder = folder
        self._wait = wait
        self._pattern: Pattern | None = None
        self._stop: list[tuple[threading.Event, threading.Thread]] = []
        self._missing: set[str] = set()
        self._lock = threading.Lock()

    def show(self, pattern: Pattern) -> None:
        """Raises HearthError light-refused, once all lights have been tried."""
        with self._lock:
            self._pattern = pattern
            self._end_steps()
            refused = [error for role in self._roles if (error := self._try(role, pattern)) is not None]
        if refused:
            raise HearthError("light-refused", refused[0], "The button and the code on the card still work.")

    def show_again(self) -> None:
        """An LED has come: it must show what the others do. Raises as `show` does."""
        if self._pattern is not None:
            self.show(self._pattern)

    def close(self) -> None:
        """End the threads; what the kernel plays goes on."""
        with self._lock:
            self._end_steps()

    def _try(self, role: LightRole, pattern: Pattern) -> str | None:
        """What went wrong, in words, or None."""
        try:
            lamp = leds.find(role, self._folder)
            self._note(role, there=lamp is not None)
            if lamp is not None:
                self._start(lamp, pattern)
        except OSError as error:
            return f"The light cannot be set: {role.what}: {error.strerror}."
        return None

    def _start(self, lamp: Lamp, pattern: Pattern) -> None:
        channels = _channels(lamp, pattern)
        if isinstance(lamp, Leds) and lamp.play(tuple(ramps(pattern, channel) for channel in channels)):
            return
        levels, seconds = next(frames(pattern, channels))
        lamp.set(levels)  # so that a refusal is heard of here
        if seconds is not None:
            stop = threading.Event()
            thread = threading.Thread(target=self._steps, args=(lamp, pattern, stop), name="lamp", daemon=True)
            self._stop.append((stop, thread))
            thread.start()

    def _steps(self, lamp: Lamp, pattern: Pattern, stop: threading.Event) -> None:
        shown: tuple[float, ...] | None = None
        for levels, seconds in frames(pattern, _channels(lamp, pattern)):
            try:
                if levels != shown:
                    lamp.set(levels)
                    shown = levels
            except OSError as error:
                log.warning("the light has gone: %s", error)
                return
            if self._wait(stop, seconds):
                return

    def _end_steps(self) -> None:
        for stop, _ in self._stop:
            stop.set()
        for _, thread in self._stop:
            thread.join(timeout=1.0)
        self._stop.clear()

    def _note(self, role: LightRole, *, there: bool) -> None:
        """Say once that a light is missing, and once that it came."""
        if there and role.what in self._missing:
            log.info("%s is there now", role.what)
            self._missing.discard(role.what)
        elif not there and role.what not in self._missing:
            log.info("%s is not there", role.what)
            self._missing.add(role.what)


def _channels(lamp: Lamp, pattern: Pattern) -> tuple[Channel, ...]:
    if isinstance(lamp, Leds) and len(lamp.leds) == 1:
        return (single(pattern),)
    return tuple(primary(index) for index in range(3))
