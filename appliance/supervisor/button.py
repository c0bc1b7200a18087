# SPDX-License-Identifier: AGPL-3.0-or-later
"""The button's gestures, as a pure state machine over its edges and the passing of time.

| held           | let go              | what follows                                   |
|----------------|---------------------|------------------------------------------------|
| under 5 s      | press               |                                                |
| 5 to 15 s      | shut down           |                                                |
| more than 15 s | reset is armed      | a second press within 10 s resets the console  |

Kernels repeat edges and lose them: a second "down" changes nothing, an "up" without "down" neither, and a button
held for more than a minute is stuck (something leans on it) and means nothing.
"""

from dataclasses import dataclass
from enum import Enum

from appliance.board.light import Light

SHUTDOWN_AFTER = 5.0
RESET_AFTER = 15.0
CONFIRM_WITHIN = 10.0
STUCK_AFTER = 60.0


class Edge(Enum):
    DOWN = "down"
    UP = "up"
    NONE = "none"  # only time has passed


class Gesture(Enum):
    PRESS = "press"
    SHUTDOWN = "shutdown"
    RESET = "reset"


@dataclass(frozen=True)
class Button:
    """`since`: held down from then on. `armed_until`: until then a press confirms the reset."""

    since: float | None = None
    armed_until: float | None = None

    @property
    def idle(self) -> bool:
        return self.since is None and self.armed_until is None


def step(button: Button, edge: Edge, now: float) -> tuple[Button, Gesture | None]:
    if button.since is None:
        return _released(button, edge, now)
    held = now - button.since
    if held > STUCK_AFTER:
        return Button(), None
    if edge is not Edge.UP:
        return button, None
    if button.armed_until is not None:
        return Button(), Gesture.RESET if held < SHUTDOWN_AFTER else None
    if held < SHUTDOWN_AFTER:
        return Button(), Gesture.PRESS
    if held <= RESET_AFTER:
        return Button(), Gesture.SHUTDOWN
    return Button(armed_until=now + CONFIRM_WITHIN), None


def _released(button: Button, edge: Edge, now: float) -> tuple[Button, Gesture | None]:
    if button.armed_until is not None and now > button.armed_until:
        button = Button()
    return (Button(now, button.armed_until) if edge is Edge.DOWN else button), None


def stage(button: Button, now: float) -> Light | None:
    """What the light shows while a gesture is under way."""
    if button.armed_until is not None:
        return Light.CONFIRM_RESET if button.since is not None or now <= button.armed_until else None
    if button.since is None or now - button.since < SHUTDOWN_AFTER:
        return None
    return Light.HOLD_SHUTDOWN if now - button.since <= RESET_AFTER else Light.HOLD_RESET
