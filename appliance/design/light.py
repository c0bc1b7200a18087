# SPDX-License-Identifier: AGPL-3.0-or-later
"""The status light as a style sheet, made from the table of patterns: class `lamp lamp--NAME` shines like the box."""

from appliance.board.light import PATTERNS, Colour, Pattern
from appliance.board.rhythm import spans


def light_css() -> str:
    """Keyframes and a class per pattern. Where motion is unwelcome the lamp shines steadily in the pattern's colour."""
    return "/* SPDX-License-Identifier: AGPL-3.0-or-later */\n" + "\n".join(
        _rules(light.value, pattern) for light, pattern in PATTERNS.items()
    )


def _rules(name: str, pattern: Pattern) -> str:
    total = sum(step.milliseconds for step in pattern.steps)
    frames = []
    start = 0
    for span in spans(pattern):
        end = start + span.milliseconds
        frames.append(f"{100 * start / total:.2f}%{{color:{_value(span.first)}}}")
        frames.append(f"{max(0.0, 100 * end / total - 0.01):.2f}%{{color:{_value(span.last)}}}")
        start = end
    steady = next((step.colour for step in pattern.steps if step.colour is not Colour.OFF), Colour.OFF)
    return (
        f"@keyframes lamp-{name}{{{''.join(frames)}}}\n"
        f".lamp--{name}{{color:{_value(steady)};animation:lamp-{name} {total}ms linear infinite}}"
    )


def _value(colour: Colour) -> str:
    return f"var(--lamp-{colour.value})"
