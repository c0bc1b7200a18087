# SPDX-License-Identifier: AGPL-3.0-or-later
"""The light in words, for whoever does not see its colour or its rhythm."""

from itertools import groupby

from appliance.board.light import Colour, Pattern

_COUNT = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


def rhythm(pattern: Pattern | None) -> str:
    """ "Steady green.", "Two short amber blinks, then a pause." …"""
    if pattern is None:
        return "Dark."
    shining = [step for step in pattern.steps if step.colour is not Colour.OFF]
    colours = [colour.value for colour, _ in groupby(step.colour for step in shining)]
    if not shining:
        return "Dark."
    if len(pattern.steps) == 1:
        return f"Steady {colours[0]}."
    if len(colours) > 1:
        return f"{' and '.join(colours).capitalize()} in turn."
    if any(step.fade for step in pattern.steps):
        pace = "slowly" if sum(step.milliseconds for step in pattern.steps) > 2000 else "quickly"
        return f"{colours[0].capitalize()}, swelling and fading {pace}."
    pauses = {step.milliseconds for step in pattern.steps if step.colour is Colour.OFF}
    if len(shining) == 1:
        return f"{colours[0].capitalize()}, {_single(shining[0].milliseconds, max(pauses))}."
    return f"{_COUNT.get(len(shining), 'many').capitalize()} short {colours[0]} blinks, then a pause."


def _single(on: int, off: int) -> str:
    if off < 150:
        return "flickering fast"
    return "one short flash, then a pause" if off > 3 * on else "blinking evenly"
