# SPDX-License-Identifier: AGPL-3.0-or-later
"""Buttons as input devices (Documentation/input/event-codes.rst): gpio-keys on a board, a keyboard in QEMU."""

import fcntl
import logging
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import evdev
from evdev import ecodes

from appliance.board.model import Event, EventKind
from appliance.board.profile import ButtonRole

# linux/input.h: _IOW('E', 0xa0, int). From then on the kernel's times are those of CLOCK_MONOTONIC.
_EVIOCSCLOCKID = 0x400445A0

log = logging.getLogger(__name__)


class Button:
    """One open input device, and the one key on it that matters. `held` is what we last heard of it."""

    def __init__(self, role: ButtonRole, device: Any) -> None:
        self.role = role
        self.device = device
        self.held = False
        self._code = ecodes.ecodes[role.code]
        self._lost_events = False
        self._kernel_time = _take_monotonic_time(device.fd)

    def fileno(self) -> int:
        return int(self.device.fd)

    def read(self) -> Iterator[tuple[bool, float]]:
        """Edges since the last call: whether it is down now, and since when. Raises OSError once it is unplugged.

        The kernel swallows bouncing contacts and may repeat a key that is held; where it had to drop events
        (SYN_DROPPED) it is asked how things are now.
        """
        try:
            for event in self.device.read():
                at = event.sec + event.usec / 1e6 if self._kernel_time else time.monotonic()
                if event.type == ecodes.EV_SYN and event.code == ecodes.SYN_DROPPED:
                    self._lost_events = True
                elif event.type == ecodes.EV_SYN and self._lost_events:
                    self._lost_events = False
                    yield from self._now(self._code in self.device.active_keys(), at)
                elif (event.type, event.code) == (ecodes.EV_KEY, self._code) and not self._lost_events:
                    yield from self._now(event.value != 0, at)
        except BlockingIOError:
            return

    def _now(self, held: bool, at: float) -> Iterator[tuple[bool, float]]:
        if held != self.held:
            self.held = held
            yield held, at


class Buttons:
    """All buttons that a board's file names and that are there now. Any of them counts as the button."""

    def __init__(
        self,
        roles: tuple[ButtonRole, ...],
        root: Path = Path("/"),
        open_device: Callable[[str], Any] = evdev.InputDevice,
    ) -> None:
        """`root` is where /sys and /dev are looked for: "/" but in tests."""
        self._roles = {role.device: role for role in roles if role.code in ecodes.ecodes}
        self._root = root
        self._open = open_device
        self._there: dict[str, Button] = {}

    def find_new(self) -> list[Button]:
        """Open those that have come since the last call."""
        come = []
        for folder in sorted((self._root / "sys/class/input").glob("event*")):
            role = self._roles.get(_name(folder))
            if role is None or folder.name in self._there:
                continue
            try:
                button = Button(role, self._open(str(self._root / "dev/input" / folder.name)))
            except OSError as error:
                log.warning("%s cannot be listened to: %s", role.what, error)
                continue
            log.info("listening to %s", role.what)
            self._there[folder.name] = button
            come.append(button)
        return come

    def read(self, button: Button) -> Iterator[Event]:
        """What its edges mean. Raises OSError once it is unplugged; then it must be dropped."""
        for held, at in button.read():
            others = any(each.held for each in self._there.values() if each is not button)
            if not others:
                yield Event(EventKind.BUTTON_DOWN if held else EventKind.BUTTON_UP, at)

    def drop(self, button: Button) -> Iterator[Event]:
        """It is unplugged: what it was held for must not count."""
        log.warning("%s has gone", button.role.what)
        self._there = {name: each for name, each in self._there.items() if each is not button}
        _close(button)
        if button.held:
            yield Event(EventKind.BUTTON_LOST, time.monotonic())

    def close(self) -> None:
        for button in self._there.values():
            _close(button)
        self._there.clear()


def _name(folder: Path) -> str:
    try:
        return (folder / "device/name").read_text().strip()
    except OSError:
        return ""


def _take_monotonic_time(fd: int) -> bool:
    try:
        fcntl.ioctl(fd, _EVIOCSCLOCKID, struct.pack("i", time.CLOCK_MONOTONIC))
    except OSError:
        return False
    return True


def _close(button: Button) -> None:
    try:
        button.device.close()
    except OSError as error:
        log.debug("closing %s: %s", button.role.what, error)
