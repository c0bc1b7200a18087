# SPDX-License-Identifier: AGPL-3.0-or-later
"""A pattern of the light as brightness over time: the one reading of it that all lights share, drawn or real."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from appliance.board.light import Colour, Pattern

# How much of red, green and blue makes a colour, from 0 to 1.
MIX: dict[Colour, tuple[float, float, float]] = {
    Colour.OFF: (0.0, 0.0, 0.0),
    Colour.WHITE: (1.0, 1.0, 1.0),
    Colour.AMBER: (1.0, 0.5, 0.0),
    Colour.GREEN: (0.0, 1.0, 0.0),
    Colour.BLUE: (0.0, 0.0, 1.0),
    Colour.RED: (1.0, 0.0, 0.0),
}
FADE_SECONDS = 0.05

Channel = Callable[[Colour], float]
"""How bright one LED is, from 0 to 1, when the light has this colour."""


@dataclass(frozen=True)
class Span:
    """From one colour evenly to another."""

    first: Colour
    last: Colour
    milliseconds: int


@dataclass(frozen=True)
class Ramp:
    """From one brightness evenly to another, 0 to 1."""

    first: float
    last: float
    milliseconds: int


def spans(pattern: Pattern) -> tuple[Span, ...]:
    """One round of the pattern, without gaps."""
    found = []
    before = pattern.steps[-1].colour
    for step in pattern.steps:
        found.append(Span(before if step.fade else step.colour, step.colour, step.milliseconds))
        before = step.colour
    return tuple(found)


def primary(index: int) -> Channel:
    """Red, green or blue: 0, 1 or 2."""
    return lambda colour: MIX[colour][index]


def single(pattern: Pattern) -> Channel:
    """An LED of one colour shows the rhythm alone. A pattern that only changes its colour would not be seen on it, so
    there every colour but the first is dark."""
    colours = [step.colour for step in pattern.steps]
    if Colour.OFF in colours or len(set(colours)) == 1:
        return lambda colour: float(colour is not Colour.OFF)
    return lambda colour: float(colour is colours[0])


def ramps(pattern: Pattern, channel: Channel) -> tuple[Ramp, ...]:
    return tuple(Ramp(channel(span.first), channel(span.last), span.milliseconds) for span in spans(pattern))


def steady(course: tuple[Ramp, ...]) -> float | None:
    """The one brightness that it always has, or None if it changes."""
    levels = {level for ramp in course for level in (ramp.first, ramp.last)}
    return levels.pop() if len(levels) == 1 else None


def whole(level: float, brightest: int) -> int:
    """In the LED's own steps. Half of one that is only on or off is on: its amber is red and green."""
    return int(level * brightest + 0.5)


def kernel_pattern(course: tuple[Ramp, ...], brightest: int) -> str:
    """The same for the kernel's LED trigger "pattern": pairs of brightness and milliseconds, between which it fades;
    a pair of no length after each makes it jump (Documentation/ABI/testing/sysfs-class-led-trigger-pattern)."""
    pairs = []
    for ramp in course:
        pairs += [(ramp.first, ramp.milliseconds), (ramp.last, 0)]
    return " ".join(f"{whole(level, brightest)} {milliseconds}" for level, milliseconds in pairs)


def frames(pattern: Pattern, channels: tuple[Channel, ...]) -> Iterator[tuple[tuple[float, ...], float | None]]:
    """What to set, and for how many seconds, round after round; None: for ever, and nothing follows."""
    courses = tuple(ramps(pattern, channel) for channel in channels)
    fixed = [steady(course) for course in courses]
    still = tuple(level for level in fixed if level is not None)
    if len(still) == len(courses):
        yield still, None
        return
    while True:
        for ramp in zip(*courses, strict=True):
            yield from _ramp_frames(ramp)


def _ramp_frames(at_once: tuple[Ramp, ...]) -> Iterator[tuple[tuple[float, ...], float]]:
    seconds = at_once[0].milliseconds / 1000
    fading = any(ramp.first != ramp.last for ramp in at_once)
    count = max(1, round(seconds / FADE_SECONDS)) if fading else 1
    for number in range(1, count + 1):
        part = number / count
        yield tuple(ramp.first + (ramp.last - ramp.first) * part for ramp in at_once), seconds / count
