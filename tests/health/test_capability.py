# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health: what is observed of this machine, and what is made of it."""

import dataclasses

import pytest

from appliance.board.host import SystemHost
from appliance.board.model import Fan, Sensors
from appliance.health.capability import HealthCapability
from appliance.health.history import Series
from appliance.health.model import Health
from appliance.health.power import Power
from appliance.health.recorder import Recorder
from appliance.settings import Settings
from appliance.status import Level
from appliance.system.clock import VirtualClock
from appliance.system.files import VirtualFiles
from appliance.system.runner import VirtualRunner


class Board:
    restarted = False

    def power_restart(self):
        self.restarted = True

    def __init__(self):
        self.sense = Sensors(61.4, False, True)

    def sensors(self):
        return self.sense


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def board():
    return Board()


@pytest.fixture
def power(clock):
    return Power(clock)


@pytest.fixture
def recorder(tmp_path, clock):
    return Recorder(tmp_path / "health.json", VirtualFiles(), clock)


@pytest.fixture
def health(board, clock, tmp_path, power, recorder):
    host = SystemHost(VirtualRunner())
    return HealthCapability(board, host, clock, state=tmp_path, recorder=recorder, power=power)


def test_this_machine_can_be_observed(health, clock):
    clock.is_trusted = False
    seen = health.observe()
    assert (seen.temperature, seen.undervoltage_since_boot, seen.clock_trusted) == (61.4, True, False)
    assert 0 < seen.memory_available <= seen.memory_total
    assert seen.load >= 0


def test_it_is_told_for_how_long_the_time_was_not_known(health, clock):
    clock.is_trusted = False
    clock.advance(1800)
    assert health.observe().clock_waits == 1800
    clock.is_trusted = True
    health.observe()
    clock.is_trusted = False
    clock.advance(60)
    assert health.observe().clock_waits == 60


def test_what_is_observed_is_remembered(health, recorder):
    health.observe()
    assert recorder.history.day.of(Series.TEMPERATURE)[-1] == 61
    assert recorder.history.month.of(Series.WEAK_POWER)[-1] == 0
    assert 0 <= recorder.history.day.of(Series.STORAGE)[-1] <= 100


def test_a_weak_power_supply_is_told_to_whom_it_concerns(health, board, power):
    health.observe()
    assert power.is_good()
    board.sense = dataclasses.replace(board.sense, undervoltage=True)
    health.observe()
    assert not power.is_good()


def test_the_worst_finding_decides(health):
    plan = health.plan(Settings(), Health(86.0, True, True, 1, 100, False))
    assert plan.report.level is Level.FAILING
    assert plan.report.sentence == "The box is far too hot."
    assert {finding.key for finding in plan.findings} == {"too-hot", "undervoltage", "memory-low", "clock-not-set"}
    assert plan.report.facts == {
        "temperature": "86 °C",
        "memory": "99 % used",
        "work": "0 % of what it can do",
        "power": "too weak",
        "clock": "not set yet",
    }


@pytest.mark.parametrize(("fan", "word"), [(Fan(3200, True), "turning"), (Fan(0, False), "still")])
def test_a_fan_is_spoken_of_where_there_is_one(health, fan, word):
    seen = dataclasses.replace(Health(50.0, False, False, 50, 100, True), fan=fan)
    assert health.plan(Settings(), seen).report.facts["fan"] == word


def test_a_restart_is_offered_where_it_helps(health, board):
    plan = health.plan(Settings(), Health(50.0, False, False, 1, 100, True, load=5.0))
    assert [(each.key, [fix.key for fix in each.fixes]) for each in plan.findings] == [
        ("memory-low", ["restart-box"]),
        ("busy", ["restart-box"]),
    ]
    assert health.fix("something-else") is None
    health.apply(health.fix("restart-box"))
    assert board.restarted
