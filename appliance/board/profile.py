# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a board has, by roles: one of `hardware/boards/*.toml`. Every field is explained in `hardware/schema.md`."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from appliance.errors import BadInput
from appliance.parse import from_dict

SCHEMA = 1
PRIMARIES = ("red", "green", "blue")


class BootFlow(Enum):
    """How a trial start of the other slot is asked for: of the board's firmware, or of U-Boot."""

    TRYBOOT = "tryboot"
    UBOOT = "uboot"


@dataclass(frozen=True)
class LightRole:
    """A status light. `leds` maps red, green and blue to LEDs as the kernel names them, of one colour or of all three.
    `multicolour` is one LED of the kernel's multi-colour class instead."""

    what: str
    leds: dict[str, str] = field(default_factory=dict)
    multicolour: str | None = None


@dataclass(frozen=True)
class ButtonRole:
    """A key of an input device: the device's name and the key's, as in Linux' input-event-codes.h."""

    what: str
    device: str
    code: str


@dataclass(frozen=True)
class SensorRoles:
    """Type of a thermal zone, names of hwmon chips, and a pattern for a file below /sys: None where there is none."""

    temperature: str | None = None
    undervoltage: str | None = None
    throttled: str | None = None
    fan: str | None = None


@dataclass(frozen=True)
class Watchdog:
    """`seconds`: after so long without a sign of life the board restarts itself."""

    seconds: int


@dataclass(frozen=True)
class Boot:
    """`overlays` are those of `hardware/overlays`, `modules` what the kernel must load besides what it finds itself,
    `programs` the firmware's, `uboot` which build of U-Boot."""

    flow: BootFlow
    overlays: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    uboot: str | None = None


@dataclass(frozen=True)
class Packages:
    """Debian packages that only this board needs, and `trees`, patterns for the kernel's device trees."""

    kernel: tuple[str, ...]
    firmware: tuple[str, ...]
    trees: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """`memory` in MB of the smallest variant; `supply` in words for people."""

    memory: int
    supply: str


@dataclass(frozen=True)
class Profile:
    """One kind of board. `packages` by where they come from: "raspios", "debian"."""

    schema: int
    name: str
    compatible: str
    models: tuple[str, ...]
    watchdog: Watchdog
    boot: Boot
    packages: dict[str, Packages]
    limits: Limits
    lights: tuple[LightRole, ...] = ()
    buttons: tuple[ButtonRole, ...] = ()
    sensors: SensorRoles = field(default_factory=SensorRoles)

    def fits(self, model: str) -> bool:
        """Whether a device tree's model is this board, in whichever revision."""
        return any(model == known or model.startswith(f"{known} ") for known in self.models)


def load(path: Path) -> Profile:
    """Read a board's file. Raises BadInput, naming the file and the line's name."""
    try:
        profile = from_dict(Profile, tomllib.loads(path.read_text()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}.") from error
    except BadInput as error:
        raise BadInput(f"{path.name}: {error.sentence}") from error
    for problem in _problems(profile):
        raise BadInput(f"{path.name}: {problem}")
    return profile


def load_all(folder: Path) -> tuple[Profile, ...]:
    """All boards of a folder, sorted by file name. Raises BadInput."""
    return tuple(load(path) for path in sorted(folder.glob("*.toml")))


def _problems(profile: Profile) -> Iterator[str]:
    if profile.schema != SCHEMA:
        yield f"schema must be {SCHEMA}."
    if not profile.name or not profile.models or not all(profile.models):
        yield "name and models must not be empty."
    if not profile.packages:
        yield "packages must name a base."
    for light in profile.lights:
        yield from _light_problems(light)
    for button in profile.buttons:
        if not button.code.startswith(("KEY_", "BTN_")):
            yield f"buttons: {button.code} is no key of Linux' list."
    names = (*profile.boot.overlays, *profile.boot.modules, *profile.models, profile.compatible)
    yield from (f"{name!r} has a space at an end or holds a line break." for name in _untidy(names))
    if profile.limits.memory <= 0 or profile.watchdog.seconds <= 0:
        yield "limits.memory and watchdog.seconds must be positive."


def _light_problems(light: LightRole) -> Iterator[str]:
    if bool(light.leds) == (light.multicolour is not None):
        yield "lights: each has either leds or multicolour."
    if set(light.leds) - set(PRIMARIES):
        yield f"lights: leds are {', '.join(PRIMARIES)}."
    if len(light.leds) == 2:
        yield "lights: leds are of one colour or of all three."
    for name in (*light.leds.values(), light.multicolour or "led"):
        if not name or "/" in name or name.startswith("."):
            yield f"lights: {name!r} is no name of an LED."


def _untidy(names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if name != " ".join(name.split()))
