# SPDX-License-Identifier: AGPL-3.0-or-later
"""Colours that are read together are far enough apart, by day and by night (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

import appliance.design

CSS = (Path(appliance.design.__file__).parent / "static" / "hearth.css").read_text()
_VALUE = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{6});")

TEXT = [
    *((ink, ground) for ink in ("ink", "ink-soft", "link") for ground in ("paper", "surface", "sunken")),
    *((ink, "halo") for ink in ("ink", "link", "ink-soft")),
    *((name, ground) for name in ("well", "working", "attention", "failing") for ground in ("paper", "surface")),
    *((name, f"{name}-soft") for name in ("well", "working", "attention", "failing")),
    *((ink, f"{name}-soft") for ink in ("ink", "link") for name in ("well", "working", "attention")),
    *(("ink-soft", f"{name}-soft") for name in ("attention", "failing")),
    ("ink", "failing-soft"),
    ("on-ember", "ember"),
    ("on-failing", "failing"),
]
SHAPES = [
    *((shape, ground) for shape in ("edge", "ember", "focus") for ground in ("paper", "surface")),
    ("ember", "sunken"),
    ("focus", "sunken"),
]


def themes() -> dict[str, dict[str, str]]:
    day, night = CSS.split("@media (prefers-color-scheme: dark)", 1)
    light = dict(_VALUE.findall(day))
    return {"light": light, "dark": {**light, **dict(_VALUE.findall(night.split("/* Ground */")[0]))}}


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_the_measure_is_right():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(theme, ink, ground):
    colours = themes()[theme]
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_can_be_seen(theme, shape, ground):
    colours = themes()[theme]
    assert contrast(colours[shape], colours[ground]) >= 3
