# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the simulated hardware is like now, by the rules of the real one.

Without power there is no light, no event and no sensor. What sensors remember is forgotten at power-on.
The kernel reports edges of the button, never the same one twice, and swallows the bouncing of its contacts.
"""

import dataclasses
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.board.light import PATTERNS, Light, Pattern
from appliance.board.model import Disk, Event, EventKind, Fan, Sensors
from appliance.board.virtual.home_network import HomeNetwork
from appliance.board.virtual.host import Ailments
from appliance.errors import BadInput, HearthError
from appliance.system.clock import Clock

# gpio-keys' "debounce-interval" in the device tree, in seconds.
DEBOUNCE = 0.005
COOL = 42.0
COLDEST, HOTTEST = -10.0, 110.0
MAX_DISKS = 4
MAX_DISK_SIZE = 2**44
HEARTBEAT = 10.0
# From this heat on its fan turns, in turns per minute.
FAN_FROM, FAN_SPEED = 55.0, 3200


@dataclass(frozen=True)
class MachineState:
    """One look at the machine. `held_since` is the clock's monotonic time at which the button went down.

    `cable` is the power cable: a box that shut down is without power though its cable is in.
    """

    cable: bool
    powered: bool
    light: Pattern | None
    held_since: float | None
    sensors: Sensors
    disks: tuple[Disk, ...]
    ailments: Ailments
    home: HomeNetwork


class Machine:
    """Used by many threads. `changed` wakes whoever waits in `wait`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._condition = threading.Condition()
        self._serial = 0
        self._cable = False
        self._powered = False
        self._light: Pattern | None = None
        self._held_since: float | None = None
        self._last_edge = float("-inf")
        self._ailments = Ailments()
        self._home = HomeNetwork()
        self._sensors = self._with_fan(Sensors(COOL, False, False))
        self._disks: dict[str, Disk] = {}
        self._listeners: list[queue.SimpleQueue[Event | None]] = []

    def state(self) -> MachineState:
        with self._condition:
            disks = tuple(self._disks.values())
            light = self._light if self._powered else None
            return MachineState(
                cable=self._cable,
                powered=self._powered,
                light=light,
                held_since=self._held_since,
                sensors=self._sensors,
                disks=disks,
                ailments=self._ailments,
                home=self._home,
            )

    def wait(self, serial: int, timeout: float) -> int:
        """Wait until something changed since `serial`; the new serial, or the same one after `timeout` seconds."""
        with self._condition:
            self._condition.wait_for(lambda: self._serial != serial, timeout)
            return self._serial

    def note_change(self) -> None:
        """Something outside the machine that is shown beside it has changed."""
        with self._condition:
            self._change()

    # What the home does to it.

    def plug_cable(self) -> None:
        with self._condition:
            self._cable = True
            self._change()

    def pull_cable(self) -> None:
        with self._condition:
            self._cable = False
            self._lose_power()

    def press(self) -> None:
        with self._condition:
            if self._held_since is None and self._edge(EventKind.BUTTON_DOWN):
                self._held_since = self._clock.monotonic()
                self._change()

    def release(self) -> None:
        with self._condition:
            if self._held_since is not None and self._edge(EventKind.BUTTON_UP):
                self._held_since = None
                self._change()

    def heat(self, temperature: float) -> None:
        """Degrees Celsius of the processor. Raises BadInput beyond what a sensor can tell."""
        if not COLDEST <= temperature <= HOTTEST:
            raise BadInput(f"The temperature must lie between {COLDEST:g} and {HOTTEST:g} degrees.")
        with self._condition:
            self._sense(dataclasses.replace(self._sensors, temperature=temperature))

    def weaken_supply(self, weak: bool) -> None:
        """A poor power supply: under-voltage now, and remembered until the next power-on."""
        with self._condition:
            seen = self._sensors.undervoltage_since_boot or (weak and self._powered)
            self._sense(dataclasses.replace(self._sensors, undervoltage=weak, undervoltage_since_boot=seen))

    def suffer(self, ailments: Ailments) -> None:
        """What was wrong before goes, but for what sensors remember until the next power-on. Raises BadInput."""
        if not 0 <= ailments.worn <= 1.2 or not 0 <= ailments.errors <= 1000:
            raise BadInput("A card can be worn by 0 to 120 per cent.")
        with self._condition:
            self._ailments = ailments
            seen = self._sensors.throttled_since_boot or (ailments.throttled and self._powered)
            self._sense(
                dataclasses.replace(self._sensors, throttled=ailments.throttled, throttled_since_boot=seen), always=True
            )

    def rearrange(self, home: HomeNetwork) -> None:
        """The network around the box is like that from now on. It tells nobody, as no real one does."""
        with self._condition:
            self._home = home
            self._change()

    def plug_disk(self, model: str, size: int) -> Disk:
        """Plug in a disk of `size` bytes. Raises BadInput, or HearthError no-free-port."""
        model = " ".join(model.split())
        if not 1 <= len(model) <= 40 or not model.isprintable():
            raise BadInput("The disk needs a model name of at most 40 characters.")
        if not 2**20 <= size <= MAX_DISK_SIZE:
            raise BadInput("A disk holds between 1 MB and 16 TB.")
        with self._condition:
            free = (name for name in (f"sd{letter}" for letter in "abcd") if name not in self._disks)
            name = next(free, None)
            if name is None:
                raise HearthError("no-free-port", "All ports are taken.", "Pull a disk first.", status=409)
            disk = self._disks[name] = Disk(name, model, size)
            self._emit(EventKind.DISK_PLUGGED, name)
            self._change()
            return disk

    def pull_disk(self, name: str) -> None:
        """Raises HearthError no-such-disk."""
        with self._condition:
            if self._disks.pop(name, None) is None:
                raise HearthError("no-such-disk", "No such disk is plugged in.", "Plug it in first.", status=404)
            self._emit(EventKind.DISK_PULLED, name)
            self._change()

    # What its electronics do.

    def power_on(self) -> None:
        """Raises HearthError no-power without a cable."""
        with self._condition:
            if not self._cable:
                raise HearthError("no-power", "The power cable is not plugged in.", "Plug it in.", status=409)
            weak, slow = self._sensors.undervoltage, self._ailments.throttled
            heat = self._sensors.temperature if self._powered else COOL
            self._sensors = self._with_fan(Sensors(heat, weak, weak, slow, slow))
            self._powered = True
            # The device tree lets the light blink from the first moment, before any of our code runs.
            self._light = PATTERNS[Light.STARTING]
            self._change()

    def power_off(self) -> None:
        with self._condition:
            self._lose_power()

    def show(self, pattern: Pattern) -> None:
        with self._condition:
            if self._powered and self._light != pattern:
                self._light = pattern
                self._change()

    def events(self) -> Iterator[Event | None]:
        """Events as they happen, until the power goes; None now and then, so that a listener who left is noticed."""
        listener: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        with self._condition:
            if not self._powered:
                return
            self._listeners.append(listener)
        try:
            while True:
                try:
                    event = listener.get(timeout=HEARTBEAT)
                except queue.Empty:
                    yield None
                    continue
                if event is None:
                    return
                yield event
        finally:
            with self._condition:
                if listener in self._listeners:
                    self._listeners.remove(listener)

    # What follows is called with the lock held.

    def _edge(self, kind: EventKind) -> bool:
        now = self._clock.monotonic()
        if now - self._last_edge < DEBOUNCE:
            return False
        self._last_edge = now
        self._emit(kind)
        return True

    def _with_fan(self, sensors: Sensors) -> Sensors:
        wanted = sensors.temperature >= FAN_FROM
        return dataclasses.replace(
            sensors, fan=Fan(FAN_SPEED if wanted and not self._ailments.fan_stuck else 0, wanted)
        )

    def _sense(self, sensors: Sensors, *, always: bool = False) -> None:
        sensors = self._with_fan(sensors)
        if always or sensors != self._sensors:
            self._sensors = sensors
            self._emit(EventKind.SENSORS_CHANGED)
            self._change()

    def _emit(self, kind: EventKind, disk: str | None = None) -> None:
        if self._powered:
            event = Event(kind, self._clock.monotonic(), disk)
            for listener in self._listeners:
                listener.put(event)

    def _lose_power(self) -> None:
        self._powered = False
        self._light = None
        for listener in self._listeners:
            listener.put(None)
        self._listeners.clear()
        self._change()

    def _change(self) -> None:
        self._serial += 1
        self._condition.notify_all()
