# SPDX-License-Identifier: AGPL-3.0-or-later
"""The box's last day and month as small drawings: pure, from rings of numbers to paths and the words beside them."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from appliance.health.checks.heat import HOT
from appliance.health.history import UNKNOWN, History, Ring, Series

HEIGHT = 40.0
# Air above and below, so that a line at its limit is not cut in half.
_MARGIN = 3.0
_TIMES = {1: "once", 2: "twice"}


@dataclass(frozen=True)
class Curve:
    """How a series is drawn: `low` and `high` are where its scale begins and ends at least; from `limit` on it is
    too much."""

    series: Series
    name: str
    unit: str
    low: float
    high: float
    limit: float | None = None


@dataclass(frozen=True)
class Moments:
    """A series that only says when something was so."""

    series: Series
    name: str
    never: str
    was: str


CURVES = (
    Curve(Series.TEMPERATURE, "Heat", " °C", 20, 90, HOT),
    Curve(Series.MEMORY, "Memory in use", " %", 0, 100),
    Curve(Series.LOAD, "Work", " %", 0, 100),
    Curve(Series.STORAGE, "Storage in use", " %", 0, 100),
)
MOMENTS = (
    Moments(Series.WEAK_POWER, "Power supply", "always strong enough", "too weak"),
    Moments(Series.SLOWED, "Speed", "never slowed down", "slowed down"),
)


@dataclass(frozen=True)
class Drawing:
    """`line` and `area` are SVG paths in a box of `width` by HEIGHT; `gone` are stretches in which the box was off, and
    `marks` those in which something happened, as (x, width). `limit` is the height of the line not to cross."""

    words: str
    width: int
    line: str = ""
    area: str = ""
    limit: float | None = None
    gone: tuple[tuple[int, int], ...] = ()
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Row:
    name: str
    day: Drawing
    month: Drawing


def rows(history: History) -> tuple[Row, ...]:
    curves = (Row(each.name, _curve(each, history.day), _curve(each, history.month)) for each in CURVES)
    moments = (Row(each.name, _moments(each, history.day), _moments(each, history.month)) for each in MOMENTS)
    return (*curves, *moments)


def _curve(curve: Curve, ring: Ring) -> Drawing:
    values = ring.of(curve.series)
    known = [value for value in values if value != UNKNOWN]
    if not known:
        return Drawing("not measured yet", ring.size)
    high = max(curve.high, *known)

    def y(value: float) -> float:
        part = (min(max(value, curve.low), high) - curve.low) / (high - curve.low)
        return round(HEIGHT - _MARGIN - part * (HEIGHT - 2 * _MARGIN), 1)

    lines, areas = [], []
    for start, length in _runs(values, lambda value: value != UNKNOWN):
        # Each stretch is a step as wide as itself, so that a single one can be seen as well.
        heights = [y(value) for value in values[start : start + length]]
        points = " ".join(f"L{start + at + 0.5:g} {height:g}" for at, height in enumerate(heights))
        line = f"M{start:g} {heights[0]:g} {points} L{start + length:g} {heights[-1]:g}"
        lines.append(line)
        areas.append(f"{line} V{HEIGHT:g} H{start:g}Z")
    lowest, highest = min(known), max(known)
    words = f"{lowest}{curve.unit}" if lowest == highest else f"{lowest} to {highest}{curve.unit}"
    limit = y(curve.limit) if curve.limit is not None else None
    return Drawing(words, ring.size, " ".join(lines), " ".join(areas), limit, _gone(values))


def _moments(moments: Moments, ring: Ring) -> Drawing:
    values = ring.of(moments.series)
    if all(value == UNKNOWN for value in values):
        return Drawing("not measured yet", ring.size)
    marks = _runs(values, lambda value: value not in (0, UNKNOWN))
    words = moments.never
    if marks:
        words = f"{moments.was} {_TIMES.get(len(marks), f'{len(marks)} times')}"
    return Drawing(words, ring.size, gone=_gone(values), marks=marks)


def _gone(values: bytes) -> tuple[tuple[int, int], ...]:
    """Between the first measurement and now; what was before it is nobody's absence."""
    return tuple(run for run in _runs(values, lambda value: value == UNKNOWN) if run[0] > 0)


def _runs(values: bytes, true: Callable[[int], bool]) -> tuple[tuple[int, int], ...]:
    """Where it is true for one or more in a row: the first of them and how many."""
    found, at = [], 0
    for is_true, run in groupby(values, true):
        length = len(list(run))
        if is_true:
            found.append((at, length))
        at += length
    return tuple(found)
