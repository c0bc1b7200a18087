# SPDX-License-Identifier: AGPL-3.0-or-later
"""Services as systemd and as the virtual machine tell of them."""

import json
import os

import pytest

from appliance.board.virtual.commands import UnitLogs, UnitName
from appliance.errors import HearthError
from appliance.system.clock import VirtualClock
from appliance.system.commands import Command, CommandServer, NoArguments
from appliance.system.runner import Completed, VirtualRunner
from appliance.system.systemd import ServiceUnit
from appliance.system.units import LogLine, SystemdUnits, Unit, UnitState, VirtualUnits


class FakeSystemd:
    def __init__(self, *found):
        self.found = found
        self.did = []

    def services(self, names):
        return tuple(each for each in self.found if each.name in names)

    def start(self, name, timeout):
        self.did.append(f"start {name}")

    def stop(self, name, timeout):
        self.did.append(f"stop {name}")

    def restart(self, name, timeout):
        self.did.append(f"restart {name}")


def test_systemd_s_words_become_ours():
    systemd = FakeSystemd(
        ServiceUnit("hearth-supervisor.service", "active", 17, 0),
        ServiceUnit("hearth-console.service", "inactive", 0, 0),
        ServiceUnit("hearth-fediverse.service", "activating", 18, 3),
    )
    assert SystemdUnits(VirtualRunner(), systemd).states() == {
        "supervisor": Unit(UnitState.RUNNING, 17, 0),
        "console": Unit(UnitState.STOPPED, None, 0),
        "fediverse": Unit(UnitState.STARTING, 18, 3),
    }
    failed = FakeSystemd(ServiceUnit("hearth-fediverse.service", "failed", 0, 8))
    assert SystemdUnits(VirtualRunner(), failed).states() == {"fediverse": Unit(UnitState.FAILED, None, 8)}


def test_services_are_started_stopped_and_restarted_by_full_name():
    systemd = FakeSystemd()
    units = SystemdUnits(VirtualRunner(), systemd)
    units.start("fediverse")
    units.stop("fediverse")
    units.restart("fediverse")
    assert systemd.did == [f"{verb} hearth-fediverse.service" for verb in ("start", "stop", "restart")]


@pytest.mark.parametrize("name", ["", "ssh", "--all", "fediverse.service", "../fediverse"])
def test_no_other_service_is_touched(name):
    systemd = FakeSystemd()
    units = SystemdUnits(VirtualRunner(), systemd)
    for call in (units.start, units.stop, units.restart):
        with pytest.raises(HearthError) as caught:
            call(name)
        assert caught.value.key == "unknown-service"
    assert systemd.did == []


def test_the_journal_s_lines_become_ours_and_broken_ones_are_left_out():
    line = {
        "__REALTIME_TIMESTAMP": "1767225600000000",
        "_SYSTEMD_UNIT": "hearth-console.service",
        "MESSAGE": "hello",
    }
    odd = {**line, "MESSAGE": [104, 195, 40]}
    output = "\n".join([json.dumps(line), "nonsense", "{}", json.dumps(odd)]).encode()
    argv = ("journalctl", "--output=json", "--no-pager", "--quiet", "--lines=2000", "--unit=hearth-console.service")
    units = SystemdUnits(VirtualRunner({argv: Completed(0, output, b"")}), FakeSystemd())
    assert units.logs("console", 10**9) == [
        LogLine("2026-01-01T00:00:00.000+00:00", "console", "hello"),
        LogLine("2026-01-01T00:00:00.000+00:00", "console", "h\N{REPLACEMENT CHARACTER}("),
    ]


class Machine:
    """The machine socket's side, as board/virtual/commands.py has it."""

    def __init__(self, path):
        self.did = []
        self.states = [
            {"name": "fediverse", "description": "", "state": "running", "pid": 5, "restarts": 1, "status": ""}
        ]
        served = [
            Command("units.states", NoArguments, lambda _: self.states),
            Command("units.start", UnitName, lambda asked: self.do(f"start {asked.name}")),
            Command("units.stop", UnitName, self.stop),
            Command("units.restart", UnitName, lambda asked: self.do(f"restart {asked.name}")),
            Command("units.logs", UnitLogs, lambda asked: [LogLine("now", asked.name, f"{asked.lines}")]),
        ]
        self.server = CommandServer(path, served, users={os.geteuid()})
        self.server.start()

    def do(self, what):
        self.did.append(what)
        return {}

    def stop(self, asked):
        self.states[0]["state"] = "stopped"
        return self.do(f"stop {asked.name}")


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path / "machine.sock")
    yield machine
    machine.server.close()


@pytest.fixture
def units(tmp_path, machine):
    return VirtualUnits(tmp_path / "machine.sock", VirtualClock())


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("running", UnitState.RUNNING),
        ("pausing", UnitState.STARTING),
        ("listening", UnitState.STOPPED),
        ("failed", UnitState.FAILED),
        ("unheard-of", UnitState.FAILED),
    ],
)
def test_the_virtual_machine_s_words_become_ours(units, machine, word, state):
    machine.states[0]["state"] = word
    assert units.states() == {"fediverse": Unit(state, 5, 1)}


def test_the_virtual_machine_is_told(units, machine):
    units.stop("fediverse")
    units.start("fediverse")
    units.restart("console")
    assert machine.did == ["stop fediverse", "start fediverse", "restart console"]
    assert units.logs("console", 5) == [LogLine("now", "console", "5")]
    with pytest.raises(HearthError):
        units.logs("ssh", 5)


def test_a_service_that_does_not_stop_is_said(units, machine):
    machine.server._commands["units.stop"] = Command("units.stop", UnitName, lambda asked: {})
    with pytest.raises(HearthError) as caught:
        units.stop("fediverse")
    assert caught.value.key == "not-stopped"
