# SPDX-License-Identifier: AGPL-3.0-or-later
"""Board: what the supervisor may ask of the hardware, whichever board it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from appliance.board.light import Pattern


class EventKind(Enum):
    BUTTON_DOWN = "button-down"
    BUTTON_UP = "button-up"
    BUTTON_LOST = "button-lost"  # unplugged while it was held
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
class Fan:
    """`speed` in turns per minute; `wanted`: something asks it to turn now."""

    speed: int
    wanted: bool


@dataclass(frozen=True)
class Sensors:
    """temperature in degrees Celsius; under-voltage now, and ever since power-on; `throttled`: the board slows its
    processor down, for heat or for want of power; `fan` is None where there is none or it does not tell."""

    temperature: float
    undervoltage: bool
    undervoltage_since_boot: bool
    throttled: bool = False
    throttled_since_boot: bool = False
    fan: Fan | None = None


@dataclass(frozen=True)
class Disk:
    """A disk that is plugged in. `name` is stable while it stays plugged; sizes in bytes."""

    name: str
    model: str
    size: int


@dataclass(frozen=True)
class Drive:
    """A card or disk that the box is made of. `worn` is the part of its promised life that is used up, from 0 to 1
    and beyond, None if it does not tell; `failing`: it says itself that it is about to fail."""

    name: str
    model: str
    worn: float | None = None
    failing: bool = False


@dataclass(frozen=True)
class Volume:
    """A file system, in bytes and inodes. `errors` is how many the kernel has found in it since it was last checked.
    `makeshift` says why it lies in memory only and is gone with the power; "" where all is well."""

    free: int
    total: int
    free_inodes: int
    total_inodes: int
    read_only: bool = False
    errors: int = 0
    makeshift: str = ""


@dataclass(frozen=True)
class Memory:
    """Bytes that programs can still have, and all there are."""

    available: int
    total: int


class Host(Protocol):
    """What the Linux machine on the board says of itself."""

    def load(self) -> float:
        """How many programs wanted a processor in the last fifteen minutes, for each processor there is."""
        ...

    def memory(self) -> Memory: ...

    def volume(self, path: Path) -> Volume:
        """The file system that `path` lies on. Raises HearthError storage-unreadable."""
        ...

    def drives(self) -> tuple[Drive, ...]:
        """May take seconds and wakes no sleeping disk; ask seldom."""
        ...


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
