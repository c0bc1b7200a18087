# SPDX-License-Identifier: AGPL-3.0-or-later
"""Part: one door's share of the way. It looks and acts in a thread of its own (keeper.py); its decisions are pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from appliance.internet.goal import Ask
from appliance.internet.model import Goal, Way


@dataclass(frozen=True)
class Pace:
    """Seconds between two looks: while all is well, and while something is broken anywhere on the way."""

    calm: float
    quick: float


@dataclass(frozen=True)
class Scene:
    """All that decides what a part does: what is wanted, what is there, and whether the way is clear up to the name
    (nothing is asked of an authority before that)."""

    goal: Goal | None
    way: Way
    clear: bool


class Part(Protocol):
    @property
    def field(self) -> str:
        """Which field of Way it fills in."""
        ...

    @property
    def pace(self) -> Pace: ...

    def look(self, ask: Ask) -> Any:
        """The field's new value. May take seconds, and has a limit of its own. Raises HearthError."""
        ...

    def actions(self, scene: Scene) -> Iterable[Any]:
        """What is to be done now, as frozen data: pure."""
        ...

    def apply(self, action: Any) -> None:
        """Do it; like `look` in the part's own thread. Raises HearthError."""
        ...

    def close(self) -> None:
        """Give back what the world lent to this box: it is about to stop. Raises HearthError."""
        ...
