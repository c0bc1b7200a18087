# SPDX-License-Identifier: AGPL-3.0-or-later
from appliance.board.light import PATTERNS, Light
from appliance.board.virtual.panel.words import rhythm


def test_no_two_lights_sound_the_same() -> None:
    said = {light: rhythm(pattern) for light, pattern in PATTERNS.items()}
    assert len(set(said.values())) == len(said), said


def test_says_what_is_seen() -> None:
    assert rhythm(None) == "Dark."
    assert rhythm(PATTERNS[Light.WELL]) == "Steady green."
    assert rhythm(PATTERNS[Light.FAILING]) == "Three short red blinks, then a pause."
    assert rhythm(PATTERNS[Light.UNCLAIMED]) == "Blue, swelling and fading slowly."
    assert rhythm(PATTERNS[Light.CONFIRM_RESET]) == "Red and blue in turn."
    assert rhythm(PATTERNS[Light.STARTING]) == "White, blinking evenly."
