# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health: what is observed of this machine, and what is made of it."""

from appliance.board.model import Sensors
from appliance.health.capability import HealthCapability
from appliance.health.model import Health
from appliance.settings import Settings
from appliance.status import Level
from appliance.system.clock import VirtualClock


class Board:
    def sensors(self):
        return Sensors(61.4, False, True)


def test_this_machine_can_be_observed():
    clock = VirtualClock()
    clock.is_trusted = False
    seen = HealthCapability(Board(), clock).observe()
    assert (seen.temperature, seen.undervoltage_since_boot, seen.clock_trusted) == (61.4, True, False)
    assert 0 < seen.memory_available <= seen.memory_total


def test_the_worst_finding_decides():
    plan = HealthCapability(Board(), VirtualClock()).plan(Settings(), Health(86.0, True, True, 1, 100, False))
    assert plan.report.level is Level.FAILING
    assert plan.report.sentence == "The box is far too hot."
    assert {finding.key for finding in plan.findings} == {"too-hot", "undervoltage", "memory-low", "clock-not-set"}
    assert plan.report.facts == {"temperature": "86 °C", "memory": "99 % used", "clock": "not set yet"}
