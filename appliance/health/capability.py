# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health as a capability: it watches, remembers and says; what to do is in the owner's hands."""

from pathlib import Path

from appliance.board.model import Board, Host
from appliance.health.checks import clock_untrusted, fan, heat, load, memory, throttling, undervoltage
from appliance.health.history import Series
from appliance.health.model import Health
from appliance.health.power import Power
from appliance.health.recorder import Recorder
from appliance.health.restart import RESTART, Restart
from appliance.settings import Settings
from appliance.status import Capability as Report
from appliance.supervisor.capability import Plan
from appliance.supervisor.issues import worst
from appliance.system.clock import Clock

CHECKS = (
    heat.check,
    undervoltage.check,
    throttling.check,
    fan.check,
    memory.check,
    load.check,
    clock_untrusted.check,
)


class HealthCapability:
    name = "health"

    def __init__(
        self, board: Board, host: Host, clock: Clock, *, state: Path, recorder: Recorder, power: Power
    ) -> None:
        self._board = board
        self._host = host
        self._clock = clock
        self._state = state
        self._recorder = recorder
        self._power = power
        self._clock_known = clock.monotonic()

    def observe(self) -> Health:
        sensors, memory_now = self._board.sensors(), self._host.memory()
        clock_trusted, now = self._clock.trusted(), self._clock.monotonic()
        if clock_trusted:
            self._clock_known = now
        health = Health(
            temperature=sensors.temperature,
            undervoltage=sensors.undervoltage,
            undervoltage_since_boot=sensors.undervoltage_since_boot,
            memory_available=memory_now.available,
            memory_total=memory_now.total,
            clock_trusted=clock_trusted,
            throttled=sensors.throttled,
            throttled_since_boot=sensors.throttled_since_boot,
            fan=sensors.fan,
            load=self._host.load(),
            clock_waits=now - self._clock_known,
        )
        self._power.note(weak=health.undervoltage)
        self._recorder.note(self._measured(health))
        return health

    def plan(self, settings: Settings, observed: Health) -> Plan:
        findings = tuple(finding for check in CHECKS if (finding := check(observed)) is not None)
        facts = {
            "temperature": f"{observed.temperature:.0f} °C",
            "memory": f"{_memory_used(observed):.0f} % used",
            "work": f"{round(min(observed.load, 99) * 10) * 10} % of what it can do",
            "power": _power(observed),
            "clock": "right" if observed.clock_trusted else "not set yet",
        }
        if observed.fan is not None:
            facts["fan"] = "turning" if observed.fan.speed else "still"
        level = worst(finding.level for finding in findings)
        loudest = next((each for each in findings if each.level is level), None)
        sentence = loudest.sentence if loudest else "The box feels well."
        return Plan(Report(self.name, level, sentence, facts), findings)

    def apply(self, action: Restart) -> None:
        self._board.power_restart()

    def fix(self, key: str) -> Restart | None:
        return Restart() if key == RESTART.key else None

    def _measured(self, health: Health) -> dict[Series, float]:
        volume = self._host.volume(self._state)
        measured = {
            Series.TEMPERATURE: health.temperature,
            Series.MEMORY: _memory_used(health),
            Series.LOAD: health.load * 100,
            Series.WEAK_POWER: float(health.undervoltage),
            Series.SLOWED: float(health.throttled),
        }
        return measured | ({Series.STORAGE: 100 * (1 - volume.free / volume.total)} if volume.total else {})


def _memory_used(health: Health) -> float:
    return 100 * (1 - health.memory_available / health.memory_total)


def _power(health: Health) -> str:
    if health.undervoltage:
        return "too weak"
    return "was too weak" if health.undervoltage_since_boot else "strong enough"
