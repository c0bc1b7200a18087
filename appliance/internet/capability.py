# SPDX-License-Identifier: AGPL-3.0-or-later
"""Internet as a capability: every part of the way is kept in sight by a thread of its own; what is wrong first is said,
and what the box can do about it is done."""

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from appliance.internet import reading
from appliance.internet.diagnosis import Diagnosis, diagnose
from appliance.internet.goal import Ask, goal
from appliance.internet.keeper import Keeper
from appliance.internet.model import Goal, Way
from appliance.internet.part import Part, Scene
from appliance.internet.picture import picture
from appliance.settings import Settings
from appliance.status import Capability as Report
from appliance.status import Level, LinkState
from appliance.supervisor.capability import Plan
from appliance.supervisor.issues import Finding
from appliance.system.clock import Clock
from appliance.system.interfaces import Interfaces
from appliance.system.router.announcements import Announcements

# What lasts no longer is shown in the picture, but is no issue: routers and boxes start, and cables are moved.
PATIENCE = 20.0
# A router may take its time, but whoever wants to pull the power should not have to.
CLOSING_SECONDS = 10.0


@dataclass(frozen=True)
class Pursue:
    """From now on this is what the doors are asked about."""

    goal: Goal | None


@dataclass(frozen=True)
class Do:
    """What one part planned."""

    field: str
    action: Any


@dataclass(frozen=True)
class BelieveTheOwner:
    """She says that she forwarded the ports."""


class InternetCapability:
    name = "internet"

    def __init__(
        self,
        interfaces: Interfaces,
        parts: Sequence[Part],
        clock: Clock,
        look_again: Callable[[], None],
        *,
        announcements: Announcements | None = None,
        raised_elsewhere: frozenset[str] = frozenset(),
        latest: float = math.inf,
        believe: Callable[[], None] = lambda: None,
    ) -> None:
        """`believe` remembers that the owner forwarded the ports herself. `latest` is for keepers. `raised_elsewhere`:
        causes that other capabilities raise as issues; they are told in the picture only."""
        self._interfaces = interfaces
        self._parts = tuple(parts)
        self._clock = clock
        self._keepers = {part.field: Keeper(part, clock, look_again, latest=latest) for part in parts}
        self._announcements = announcements
        self._raised_elsewhere = raised_elsewhere
        self._believe = believe
        self._goal: Goal | None = None
        self._broken: tuple[str, float] = ("", 0.0)  # by what, and since when

    def start(self) -> None:
        for keeper in self._keepers.values():
            keeper.start()
        if self._announcements is not None:
            threading.Thread(target=self._hear, args=(self._announcements,), name="router", daemon=True).start()

    def close(self) -> None:
        """What the router opened for this box is closed again; all together take CLOSING_SECONDS at most."""
        for keeper in self._keepers.values():
            keeper.stop()
        deadline = self._clock.monotonic() + CLOSING_SECONDS
        for keeper in self._keepers.values():
            keeper.join(max(0.0, deadline - self._clock.monotonic()))

    def look_now(self, field: str | None = None) -> None:
        """Somebody waits for it, or there is news of this one part."""
        for name, keeper in self._keepers.items():
            if field in (None, name):
                keeper.look_now()

    def _hear(self, announcements: Announcements) -> None:
        """A router that was started again has forgotten the ports."""
        while True:
            announcements.wait()
            self.look_now("router")

    def observe(self) -> Way:
        link = self._interfaces.link()
        way = Way(self._clock.now(), link, clock_trusted=self._clock.trusted(), goal=self._goal)
        # Those outside come last, as their answer hangs on what all others see.
        for field, keeper in sorted(self._keepers.items(), key=lambda each: each[0] == "outside"):
            opened = reading.opened(way) if field == "outside" else ()
            keeper.ask(None if self._goal is None else Ask(self._goal, link, opened))
            if keeper.seen is not None:
                way = replace(way, **{field: keeper.seen})
        found = diagnose(way)
        well = all(each.state is LinkState.GREEN for each in found.stretches)
        for keeper in self._keepers.values():
            keeper.hurry(not well)
        return replace(way, broken_for=self._for_how_long(found.cause))

    def _for_how_long(self, cause: Finding | None) -> float:
        now, key = self._clock.monotonic(), cause.key if cause is not None else ""
        if key != self._broken[0]:
            self._broken = (key, now)
        return now - self._broken[1] if key else 0.0

    def plan(self, settings: Settings, observed: Way) -> Plan:
        wanted = goal(settings)
        if wanted != observed.goal:
            # What was seen was asked for another name, or for none.
            seen = Way(observed.now, observed.link, clock_trusted=observed.clock_trusted, goal=wanted)
        else:
            seen = observed
        found = diagnose(seen)
        scene = Scene(wanted, seen, clear=found.clear_to_the_name)
        actions: tuple[Any, ...] = () if wanted == observed.goal else (Pursue(wanted),)
        if wanted is not None:
            actions += tuple(Do(part.field, action) for part in self._parts for action in part.actions(scene))
        cause = found.cause
        raised = cause is not None and cause.key not in self._raised_elsewhere and seen.broken_for >= PATIENCE
        findings = (cause,) if cause is not None and raised else ()
        return Plan(_report(found, raised=raised), findings, actions, way=picture(found, seen))

    def apply(self, action: Pursue | Do | BelieveTheOwner) -> None:
        if isinstance(action, BelieveTheOwner):
            self._believe()
        elif isinstance(action, Pursue):
            self._goal = action.goal
            self.observe()
        else:
            self._keepers[action.field].do(action.action)

    def fix(self, key: str) -> BelieveTheOwner | None:
        return BelieveTheOwner() if key == reading.BY_HAND.key else None


def _report(found: Diagnosis, *, raised: bool) -> Report:
    level = Level.WELL
    if found.cause is not None:
        level = found.cause.level if raised else Level.WORKING
    return Report("internet", level, found.sentence, {})
