# SPDX-License-Identifier: AGPL-3.0-or-later
"""Board: what the supervisor may ask of the hardware, whichever board it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from appliance.board.light import Pattern


class EventKind(Enum):
    BUTTON_DOWN = "button-down"
    BUTTON_UP = "button-up"
    DISK_PLUGGED = "disk-plugged"
    DISK_PULLED = "disk-pulled"
    SENSORS_CHANGED = "sensors-changed"


@dataclass(frozen=True)
class Event:
    """Something that happened to the box; `at` is the kernel's monotonic time in seconds."""

    kind: EventKind
    at: float
    disk: str | None = None


@dataclass(frozen=True)
class Sensors:
    """temperature in degrees Celsius; under-voltage now, and ever since power-on."""

    temperature: float
    undervoltage: bool
    undervoltage_since_boot: bool


@dataclass(frozen=True)
class Disk:
    """A disk that is plugged in. `name` is stable while it stays plugged; sizes in bytes."""

    name: str
    model: str
    size: int


class Board(Protocol):
    @property
    def name(self) -> str:
        """What people call it: "Raspberry Pi 4", "virtual board"."""
        ...

    def show(self, pattern: Pattern) -> None:
        """Let the status light shine in this pattern until told otherwise."""
        ...

    def events(self) -> Iterator[Event]:
        """Button edges and changes of disks and sensors, as they happen; blocks; ends when the board is gone."""
        ...

    def sensors(self) -> Sensors: ...

    def disks(self) -> tuple[Disk, ...]: ...

    def power_off(self) -> None:
        """Stop everything in order, then cut the power."""
        ...

    def power_restart(self) -> None:
        """Stop everything in order, then start again."""
        ...
