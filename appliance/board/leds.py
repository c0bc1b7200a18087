# SPDX-License-Identifier: AGPL-3.0-or-later
"""LEDs of the kernel's LED class (Documentation/leds/leds-class.rst, leds-class-multicolor.rst)."""

from pathlib import Path
from typing import Protocol

from appliance.board.profile import PRIMARIES, LightRole
from appliance.board.rhythm import Ramp, kernel_pattern, steady, whole

TRIGGER = "pattern"


class Led:
    """An LED of one colour. Everything here raises OSError where the kernel does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def brightest(self) -> int:
        text = _read(self._folder / "max_brightness")
        return max(1, int(text)) if text.isdigit() else 1

    def set(self, level: float) -> None:
        """Shine so bright, from 0 to 1, until told otherwise."""
        if self._trigger() != "none":
            _write(self._folder / "trigger", "none")
        _write(self._folder / "brightness", str(whole(level, self.brightest())))

    def prepare(self) -> bool:
        """Hand the LED to the kernel's pattern trigger; False if this kernel has none."""
        triggers = _read(self._folder / "trigger").split()
        if TRIGGER not in triggers and f"[{TRIGGER}]" not in triggers:
            return False
        if f"[{TRIGGER}]" not in triggers:
            _write(self._folder / "trigger", TRIGGER)
        return True

    def play(self, course: tuple[Ramp, ...]) -> None:
        """Let the kernel repeat this for ever, also when we are gone. After `prepare`."""
        level = steady(course)
        if level is None:
            _write(self._folder / "pattern", kernel_pattern(course, self.brightest()))
        else:
            self.set(level)

    def _trigger(self) -> str:
        """The one in use, which the kernel writes in brackets."""
        chosen = [each for each in _read(self._folder / "trigger").split() if each.startswith("[")]
        return chosen[0].strip("[]") if chosen else "none"


class Lamp(Protocol):
    """All LEDs of one status light."""

    def set(self, levels: tuple[float, ...]) -> None:
        """One level for each channel. Raises OSError."""
        ...


class Leds:
    """A light made of one LED, or of one for each primary colour."""

    def __init__(self, leds: tuple[Led, ...]) -> None:
        self.leds = leds

    def set(self, levels: tuple[float, ...]) -> None:
        for led, level in zip(self.leds, levels, strict=True):
            led.set(level)

    def play(self, courses: tuple[tuple[Ramp, ...], ...]) -> bool:
        """Let the kernel do it. The patterns are written one right after the other, so that the colours go together;
        the kernel's coarse timers keep them so."""
        if not all(led.prepare() for led in self.leds):
            return False
        for led, course in zip(self.leds, courses, strict=True):
            led.play(course)
        return True


class MulticolourLed:
    """One LED of all colours. The kernel's patterns know nothing of colour, so it is stepped from outside."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._led = Led(folder)

    def set(self, levels: tuple[float, ...]) -> None:
        brightest = self._led.brightest()
        wanted = dict(zip(PRIMARIES, levels, strict=True))
        order = _read(self._folder / "multi_index").split()
        intensities = (str(whole(wanted.get(colour, 0.0), brightest)) for colour in order)
        _write(self._folder / "multi_intensity", " ".join(intensities))
        self._led.set(float(any(levels)))


def find(role: LightRole, leds: Path) -> Leds | MulticolourLed | None:
    """The light of this role below `/sys/class/leds`, or None if any LED of it is missing."""
    if role.multicolour is not None:
        folder = leds / role.multicolour
        return MulticolourLed(folder) if (folder / "multi_intensity").exists() else None
    names = [role.leds[colour] for colour in PRIMARIES if colour in role.leds]
    folders = [leds / name for name in names]
    if not all((folder / "brightness").exists() for folder in folders):
        return None
    return Leds(tuple(Led(folder) for folder in folders))


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def _write(path: Path, text: str) -> None:
    """One write, as a kernel attribute wants it. Never makes a file: what is not there is an error."""
    with path.open("r+") as file:
        file.write(text)
