# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health as a capability: it watches and says; what to do is in the owner's hands."""

import psutil

from appliance.board.model import Board
from appliance.health.checks import clock_untrusted, heat, memory, undervoltage
from appliance.health.model import Health
from appliance.settings import Settings
from appliance.status import Capability as Report
from appliance.supervisor.capability import Plan
from appliance.supervisor.issues import worst
from appliance.system.clock import Clock


class HealthCapability:
    name = "health"

    def __init__(self, board: Board, clock: Clock) -> None:
        self._board = board
        self._clock = clock

    def observe(self) -> Health:
        sensors, memory_now = self._board.sensors(), psutil.virtual_memory()
        return Health(
            temperature=sensors.temperature,
            undervoltage=sensors.undervoltage,
            undervoltage_since_boot=sensors.undervoltage_since_boot,
            memory_available=memory_now.available,
            memory_total=memory_now.total,
            clock_trusted=self._clock.trusted(),
        )

    def plan(self, settings: Settings, observed: Health) -> Plan:
        checks = (heat.check, undervoltage.check, memory.check, clock_untrusted.check)
        findings = tuple(finding for check in checks if (finding := check(observed)) is not None)
        facts = {
            "temperature": f"{observed.temperature:.0f} °C",
            "memory": f"{100 * (1 - observed.memory_available / observed.memory_total):.0f} % used",
            "clock": "right" if observed.clock_trusted else "not set yet",
        }
        level = worst(finding.level for finding in findings)
        sentence = findings[0].sentence if findings else "The box feels well."
        return Plan(Report(self.name, level, sentence, facts), findings)

    def apply(self, action: None) -> None:
        """There is nothing to apply."""

    def fix(self, key: str) -> None:
        return None
