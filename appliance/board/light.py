# SPDX-License-Identifier: AGPL-3.0-or-later
"""The status light: every pattern it knows, in one table, told apart by rhythm as well as by colour."""

from dataclasses import dataclass
from enum import Enum


class Colour(Enum):
    """Hues of a three-colour light; on a light of one colour only the rhythm remains."""

    OFF = "off"
    WHITE = "white"
    AMBER = "amber"
    GREEN = "green"
    BLUE = "blue"
    RED = "red"


@dataclass(frozen=True)
class Step:
    """Shine `milliseconds` long. `fade` moves evenly from the step before instead of jumping."""

    colour: Colour
    milliseconds: int
    fade: bool = False


@dataclass(frozen=True)
class Pattern:
    """Steps repeated for ever, and what they mean in words for a person who sees the light."""

    name: str
    meaning: str
    steps: tuple[Step, ...]


class Light(Enum):
    """What the box can say with its one light."""

    STARTING = "starting"
    UNCLAIMED = "unclaimed"
    WELL = "well"
    WORKING = "working"
    ATTENTION = "attention"
    FAILING = "failing"
    SHUTTING_DOWN = "shutting-down"
    RECOVERY = "recovery"
    HOLD_SHUTDOWN = "hold-shutdown"
    HOLD_RESET = "hold-reset"
    CONFIRM_RESET = "confirm-reset"


def _blinks(colour: Colour, count: int, *, on: int, off: int, pause: int) -> tuple[Step, ...]:
    once = (Step(colour, on), Step(Colour.OFF, off))
    return once * (count - 1) + (Step(colour, on), Step(Colour.OFF, pause))


_OFF, _WHITE, _AMBER, _GREEN, _BLUE, _RED = (
    Colour.OFF,
    Colour.WHITE,
    Colour.AMBER,
    Colour.GREEN,
    Colour.BLUE,
    Colour.RED,
)

PATTERNS: dict[Light, Pattern] = {
    Light.STARTING: Pattern("starting", "The box is starting.", _blinks(_WHITE, 1, on=250, off=250, pause=250)),
    Light.UNCLAIMED: Pattern(
        "wants claiming",
        "The box belongs to nobody yet: open its page.",
        (Step(_BLUE, 1500, True), Step(_OFF, 1500, True)),
    ),
    Light.WELL: Pattern("well", "All is well.", (Step(_GREEN, 5000),)),
    Light.WORKING: Pattern(
        "working", "The box is busy with something.", (Step(_GREEN, 800, True), Step(_OFF, 800, True))
    ),
    Light.ATTENTION: Pattern(
        "needs attention",
        "Look at the box's page when you have time.",
        _blinks(_AMBER, 2, on=200, off=200, pause=1800),
    ),
    Light.FAILING: Pattern(
        "failing",
        "Something is broken: look at the box's page.",
        _blinks(_RED, 3, on=200, off=200, pause=900),
    ),
    Light.SHUTTING_DOWN: Pattern(
        "shutting down", "Do not pull the power yet.", _blinks(_WHITE, 1, on=100, off=900, pause=900)
    ),
    Light.RECOVERY: Pattern(
        "recovery login open",
        "The owner can choose a new password for five minutes.",
        _blinks(_BLUE, 4, on=150, off=150, pause=800),
    ),
    Light.HOLD_SHUTDOWN: Pattern(
        "let go to shut down",
        "Let go now and the box shuts down.",
        _blinks(_WHITE, 2, on=100, off=100, pause=500),
    ),
    Light.HOLD_RESET: Pattern(
        "let go to prepare a reset",
        "Let go, then press once more to reset the console.",
        _blinks(_RED, 1, on=80, off=80, pause=80),
    ),
    Light.CONFIRM_RESET: Pattern(
        "press to confirm the reset",
        "Press once within ten seconds to reset the console.",
        (Step(_RED, 400), Step(_BLUE, 400)),
    ),
}
