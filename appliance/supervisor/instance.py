# SPDX-License-Identifier: AGPL-3.0-or-later
"""The instance as a capability: whether its service runs and whether it answers. Its manager restarts it by itself.

It is told its name once, when that can't change any more and has a certificate: from then on it federates."""

import logging
from dataclasses import dataclass
from typing import Protocol

from appliance.errors import HearthError
from appliance.fediverse.protocol import Facts, Usage
from appliance.health.checks import services
from appliance.health.checks.services import Services
from appliance.health.power import Power
from appliance.internet.model import Stage
from appliance.settings import Settings
from appliance.status import Capability as Report
from appliance.status import Level
from appliance.storage.capability import gigabytes
from appliance.supervisor.capability import Instance, Plan
from appliance.supervisor.issues import worst
from appliance.system.caddy import WebFront
from appliance.system.clock import Clock
from appliance.system.units import Units, UnitState

SERVICE = "fediverse"

log = logging.getLogger(__name__)


class AdminSocket(Protocol):
    """The part of InstanceClient that is needed here."""

    def facts(self) -> Facts: ...

    def note_power(self, *, good: bool) -> None: ...

    def set(self, key: str, value: str) -> None: ...


@dataclass(frozen=True)
class RestartInstance:
    """Start the instance's service again."""


@dataclass(frozen=True)
class GiveName:
    """Tell the instance its name, for ever."""

    name: str


class InstanceCapability:
    name = "fediverse"

    def __init__(
        self,
        units: Units,
        instance: AdminSocket,
        clock: Clock,
        *,
        url: str,
        power: Power,
        front: WebFront | None = None,
    ) -> None:
        """`front` is None where the instance's name does not depend on a certificate."""
        self._units = units
        self._instance = instance
        self._clock = clock
        self._url = url
        self._power = power
        self._told_weak = False
        self._front = front
        self.origin: str | None = None  # as of when it answered last
        self._down_since: float | None = None

    def observe(self) -> Services:
        units = self._units.states()
        try:
            facts = self._instance.facts()
            self._tell_power()
        except HearthError:
            facts = None
        running = SERVICE in units and units[SERVICE].state is UnitState.RUNNING
        answers = facts is not None and running
        now = self._clock.monotonic()
        if facts is not None:
            self.origin = facts.origin
        if answers:
            self._down_since = None
        elif self._down_since is None:
            self._down_since = now
        down_for = 0.0 if self._down_since is None else max(now - self._down_since, 0.001)
        return Services(
            units,
            answers,
            facts.federating if facts else False,
            facts.members if facts else 0,
            down_for,
            facts.usage if facts else Usage(),
            self.origin,
            self._certified(),
        )

    def _certified(self) -> str | None:
        site = self._front.arranged() if self._front else None
        if self._front is None or site is None or self._front.certificate().stage is not Stage.REAL:
            return None
        return site.name

    def _tell_power(self) -> None:
        weak = not self._power.is_good()
        if weak or self._told_weak:
            self._instance.note_power(good=not weak)
            self._told_weak = weak

    def plan(self, settings: Settings, observed: Services) -> Plan:
        findings = tuple(services.check(observed))
        level = worst(finding.level for finding in findings)
        if level is Level.WELL and not observed.answers:
            level = Level.WORKING
        sentence = {
            Level.WELL: "The instance is running.",
            Level.WORKING: "The instance is starting.",
        }.get(level, "The instance does not run.")
        facts = {name: unit.state.value for name, unit in sorted(observed.units.items())}
        if observed.answers:
            facts["members"] = str(observed.members)
            facts |= _kept(observed.usage)
        # On the real box the instance's name is its address; a virtual box federates under an origin of its own.
        url = self._url or (f"https://{settings.address}" if settings.address else "")
        instance = Instance(url, observed.answers, observed.federating)
        final = settings.address if settings.address_final else None
        ready = observed.answers and observed.origin is None and final is not None and observed.certified == final
        actions = (GiveName(final),) if ready and final is not None else ()
        return Plan(Report(self.name, level, sentence, facts), findings, actions, instance=instance)

    def apply(self, action: RestartInstance | GiveName) -> None:
        if isinstance(action, GiveName):
            self._instance.set("origin", action.name)
            log.info("the instance is called %s from now on", action.name)
        self._units.restart(SERVICE)

    def fix(self, key: str) -> RestartInstance | None:
        return RestartInstance() if key == services.RESTART.key else None


def _kept(usage: Usage) -> dict[str, str]:
    """What the disk is used for, in steps that don't change with every post."""
    posts = usage.remote_posts
    return {
        "media": gigabytes(usage.own_media),
        "media_from_elsewhere": f"{gigabytes(usage.kept_media)} of at most {gigabytes(usage.kept_media_most)}",
        "database": gigabytes(usage.database),
        "posts_from_elsewhere": str(round(posts, -3) if posts > 10_000 else posts),
    }
