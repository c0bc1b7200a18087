# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real board: the roles of its file, filled by the kernel's devices."""

import logging
import selectors
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyudev

from appliance.board import power
from appliance.board.buttons import Button, Buttons
from appliance.board.disks import disks, is_disk
from appliance.board.light import Pattern
from appliance.board.lights import StatusLight
from appliance.board.model import Disk, Event, EventKind, Sensors
from appliance.board.profile import Profile
from appliance.board.sensors import RealSensors
from appliance.errors import HearthError, Unavailable
from appliance.system.runner import Runner

SUBSYSTEMS = ("block", "hwmon", "input", "leds")
_WEAK_MESSAGE = "Undervoltage detected"  # drivers/hwmon/raspberrypi-hwmon.c

log = logging.getLogger(__name__)


class LinuxBoard:
    """Implements `board.model.Board`. A part that is missing is done without: the code on the card always works."""

    def __init__(
        self,
        profile: Profile,
        runner: Runner,
        root: Path = Path("/"),
        make_buttons: Callable[..., Buttons] = Buttons,
    ) -> None:
        """`root` is where /sys and /dev are looked for: "/" but in tests."""
        self.name = profile.name
        self._profile = profile
        self._runner = runner
        self._root = root
        self._make_buttons = make_buttons
        self._light = StatusLight(profile.lights, root / "sys/class/leds")
        self._sensors = RealSensors(profile.sensors, root / "sys", self._weak_before)

    def show(self, pattern: Pattern) -> None:
        self._light.show(pattern)

    def sensors(self) -> Sensors:
        return self._sensors.read()

    def disks(self) -> tuple[Disk, ...]:
        return disks(self._root / "sys")

    def power_off(self) -> None:
        power.off(self._runner)

    def power_restart(self) -> None:
        power.restart(self._runner)

    def events(self) -> Iterator[Event]:
        """Never ends by itself. Raises Unavailable board-silent; then it may be asked again."""
        try:
            yield from self._watch()
        except OSError as error:
            raise Unavailable(
                "board-silent", f"The kernel does not tell what happens to the board: {error}."
            ) from error

    def _watch(self) -> Iterator[Event]:
        monitor = pyudev.Monitor.from_netlink(pyudev.Context())
        for subsystem in SUBSYSTEMS:
            monitor.filter_by(subsystem)
        monitor.start()
        buttons = self._make_buttons(self._profile.buttons, self._root)
        with selectors.DefaultSelector() as selector:
            selector.register(monitor, selectors.EVENT_READ)
            try:
                _listen(selector, buttons)
                while True:
                    for key, _ in selector.select():
                        if isinstance(key.fileobj, Button):
                            yield from _edges(selector, buttons, key.fileobj)
                        else:
                            yield from self._changes(monitor, selector, buttons)
            finally:
                buttons.close()

    def _changes(self, monitor: Any, selector: selectors.BaseSelector, buttons: Buttons) -> Iterator[Event]:
        """What udev says has come, gone or changed."""
        try:
            while (device := monitor.poll(timeout=0)) is not None:
                if device.subsystem == "input":
                    _listen(selector, buttons)
                elif device.subsystem == "leds" and device.action == "add":
                    self._show_again()
                elif (kind := _kind(device)) is not None:
                    yield Event(kind, time.monotonic(), device.sys_name if device.subsystem == "block" else None)
        except OSError as error:
            # More happened than the kernel could keep for us: look at everything.
            log.warning("some changes of devices were missed: %s", error)
            _listen(selector, buttons)
            yield Event(EventKind.SENSORS_CHANGED, time.monotonic())

    def _show_again(self) -> None:
        try:
            self._light.show_again()
        except HearthError as error:
            log.warning("%s", error)

    def _weak_before(self) -> bool:
        """The kernel's log of this boot outlives a restart of the supervisor."""
        if self._profile.sensors.undervoltage is None:
            return False
        asked = ["journalctl", "--dmesg", "--boot", "--quiet", "--lines=1", "--output=cat", f"--grep={_WEAK_MESSAGE}"]
        try:
            return bool(self._runner.run(asked, timeout=20.0, check=False).output.strip())
        except HearthError as error:
            log.warning("the kernel's log cannot be read: %s", error)
            return False


def _listen(selector: selectors.BaseSelector, buttons: Buttons) -> None:
    for button in buttons.find_new():
        selector.register(button, selectors.EVENT_READ)


def _edges(selector: selectors.BaseSelector, buttons: Buttons, button: Button) -> Iterator[Event]:
    try:
        yield from buttons.read(button)
    except OSError:
        selector.unregister(button)
        yield from buttons.drop(button)


def _kind(device: Any) -> EventKind | None:
    """What a change means to the box; None for partitions and what is no disk."""
    if device.subsystem == "hwmon":
        return EventKind.SENSORS_CHANGED
    if device.device_type != "disk" or not is_disk(device.sys_name):
        return None
    if device.action == "remove":
        return EventKind.DISK_PULLED
    changed_card = device.action == "change" and device.properties.get("DISK_MEDIA_CHANGE") == "1"
    return EventKind.DISK_PLUGGED if device.action == "add" or changed_card else None
