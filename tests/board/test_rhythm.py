# SPDX-License-Identifier: AGPL-3.0-or-later
"""Patterns as brightness over time, for the kernel and for a thread of ours."""

import itertools
import re

import pytest

from appliance.board.light import PATTERNS, Colour, Light, Pattern, Step
from appliance.board.rhythm import Ramp, frames, kernel_pattern, primary, ramps, single, spans, steady
from tests.repository import ROOT

RED, GREEN, BLUE = (primary(index) for index in range(3))


def kernel(pairs: str, milliseconds: int) -> float:
    """Brightness at a moment of the first round, as the kernel's trigger reads its pairs."""
    numbers = [int(each) for each in pairs.split()]
    course = list(zip(numbers[::2], numbers[1::2], strict=True))
    for (level, length), (following, _) in zip(course, [*course[1:], course[0]], strict=True):
        if milliseconds < length:
            return level + (following - level) * milliseconds / length
        milliseconds -= length
    raise AssertionError("beyond the first round")


@pytest.mark.parametrize("light", Light)
def test_a_round_is_as_long_for_the_kernel_as_in_the_table(light):
    pattern = PATTERNS[light]
    total = sum(step.milliseconds for step in pattern.steps)
    assert sum(span.milliseconds for span in spans(pattern)) == total
    pairs = kernel_pattern(ramps(pattern, RED), 255).split()
    assert sum(map(int, pairs[1::2])) == total


@pytest.mark.parametrize("light", Light)
@pytest.mark.parametrize("channel", [RED, GREEN, BLUE], ids=["red", "green", "blue"])
def test_the_kernel_shines_as_bright_as_the_table_says_at_every_moment(light, channel):
    pattern = PATTERNS[light]
    pairs = kernel_pattern(ramps(pattern, channel), 1000)
    start = 0
    for span in spans(pattern):
        for moment in range(0, span.milliseconds, 10):
            first, last = 1000 * channel(span.first), 1000 * channel(span.last)
            wanted = first + (last - first) * moment / span.milliseconds
            assert kernel(pairs, start + moment) == pytest.approx(wanted, abs=1)
        start += span.milliseconds


def test_blinks_jump_and_fades_do_not():
    assert kernel_pattern(ramps(PATTERNS[Light.STARTING], RED), 1) == "1 250 1 0 0 250 0 0"
    assert kernel_pattern(ramps(PATTERNS[Light.UNCLAIMED], BLUE), 255) == "0 1500 255 0 255 1500 0 0"


def test_the_device_tree_says_starting_before_our_code_runs():
    overlay = (ROOT / "hardware/overlays/hearth-light.dts").read_text()
    said = re.findall(r"led-pattern = <([\d ]+)>;", overlay)
    assert said == [kernel_pattern(ramps(PATTERNS[Light.STARTING], channel), 1) for channel in (RED, GREEN, BLUE)]


def test_what_does_not_change_is_steady():
    assert steady(ramps(PATTERNS[Light.WELL], GREEN)) == 1.0
    assert steady(ramps(PATTERNS[Light.WELL], RED)) == 0.0
    assert steady(ramps(PATTERNS[Light.FAILING], RED)) is None


@pytest.mark.parametrize("light", [light for light in Light if light is not Light.WELL])
def test_on_an_led_of_one_colour_every_other_light_still_moves(light):
    pattern = PATTERNS[light]
    assert steady(ramps(pattern, single(pattern))) is None


def test_on_an_led_of_one_colour_no_two_lights_look_alike():
    seen = {kernel_pattern(ramps(pattern, single(pattern)), 1) for pattern in PATTERNS.values()}
    assert len(seen) == len(PATTERNS)


def test_a_steady_light_needs_one_frame_for_ever():
    assert list(frames(PATTERNS[Light.WELL], (RED, GREEN, BLUE))) == [((0.0, 1.0, 0.0), None)]


def test_a_thread_steps_through_the_same_round():
    round_ = list(itertools.islice(frames(PATTERNS[Light.CONFIRM_RESET], (RED, GREEN, BLUE)), 3))
    assert round_ == [((1.0, 0.0, 0.0), 0.4), ((0.0, 0.0, 1.0), 0.4), ((1.0, 0.0, 0.0), 0.4)]


def test_a_fade_arrives_at_its_colour_in_its_time():
    pattern = Pattern("x", "x", (Step(Colour.RED, 200, True), Step(Colour.OFF, 100)))
    first = list(itertools.islice(frames(pattern, (RED,)), 5))
    assert [level for (level,), _ in first] == pytest.approx([0.25, 0.5, 0.75, 1.0, 0.0])
    assert [seconds for _, seconds in first] == pytest.approx([0.05] * 4 + [0.1])


def test_ramps_carry_brightness():
    assert ramps(PATTERNS[Light.WORKING], GREEN) == (Ramp(0.0, 1.0, 800), Ramp(1.0, 0.0, 800))
