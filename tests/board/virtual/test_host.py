# SPDX-License-Identifier: AGPL-3.0-or-later
"""The virtual machine's ailments, as the supervisor sees them through its door."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.board.host import SystemHost
from appliance.board.model import Fan
from appliance.board.virtual.box import VirtualBox
from appliance.board.virtual.commands import machine_commands
from appliance.board.virtual.host import Ailments, VirtualHost
from appliance.board.virtual.machine import FAN_SPEED, Machine
from appliance.errors import BadInput, HearthError
from appliance.system.clock import VirtualClock
from appliance.system.commands import CommandServer
from appliance.system.files import VirtualFiles
from appliance.system.runner import VirtualRunner


@pytest.fixture
def machine() -> Machine:
    machine = Machine(VirtualClock())
    machine.plug_cable()
    machine.power_on()
    return machine


@pytest.fixture
def files() -> VirtualFiles:
    return VirtualFiles()


@pytest.fixture
def host(machine: Machine, tmp_path: Path, files: VirtualFiles) -> Iterator[VirtualHost]:
    box = VirtualBox(machine, lambda changed: None, VirtualClock())  # type: ignore[arg-type,return-value]
    server = CommandServer(tmp_path / "m.sock", machine_commands(box), users={os.geteuid()})
    server.start()
    yield VirtualHost(tmp_path / "m.sock", SystemHost(VirtualRunner()), files)
    server.close()


def test_it_suffers_what_it_is_told_to(machine: Machine, host: VirtualHost, tmp_path: Path) -> None:
    well = host.volume(tmp_path)
    assert well.free > 0
    assert not well.read_only
    assert host.drives()[0].worn == Ailments().worn
    machine.suffer(Ailments(worn=0.9, full=True, read_only=True, errors=3))
    ill = host.volume(tmp_path)
    assert (ill.free, ill.read_only, ill.errors, ill.total) == (0, True, 3, well.total)
    assert host.drives()[0].worn == 0.9
    machine.suffer(Ailments())
    assert not host.volume(tmp_path).read_only


@pytest.mark.parametrize(
    ("ailments", "key"), [(Ailments(full=True), "disk-full"), (Ailments(read_only=True), "disk-refused")]
)
def test_a_card_that_refuses_does_so_until_it_is_mended(
    machine: Machine, host: VirtualHost, files: VirtualFiles, tmp_path: Path, ailments: Ailments, key: str
) -> None:
    machine.suffer(ailments)
    host.volume(tmp_path)
    with pytest.raises(HearthError) as caught:
        files.replace(tmp_path / "file", b"x")
    assert caught.value.key == key
    machine.suffer(Ailments())
    host.volume(tmp_path)
    files.replace(tmp_path / "file", b"x")


def test_how_busy_this_computer_is_does_not_count(host: VirtualHost) -> None:
    assert host.load() < 1
    assert host.memory().total > 0


def test_slowing_down_is_remembered_until_the_power_goes(machine: Machine) -> None:
    machine.suffer(Ailments(throttled=True))
    machine.suffer(Ailments())
    sensors = machine.state().sensors
    assert (sensors.throttled, sensors.throttled_since_boot) == (False, True)
    machine.power_off()
    machine.power_on()
    assert not machine.state().sensors.throttled_since_boot


def test_the_fan_turns_when_it_is_warm_unless_it_is_stuck(machine: Machine) -> None:
    assert machine.state().sensors.fan == Fan(0, False)
    machine.heat(70)
    assert machine.state().sensors.fan == Fan(FAN_SPEED, True)
    machine.suffer(Ailments(fan_stuck=True))
    assert machine.state().sensors.fan == Fan(0, True)


@pytest.mark.parametrize(
    "ailments", [Ailments(worn=-0.1), Ailments(worn=2), Ailments(errors=-1), Ailments(errors=10**9)]
)
def test_there_are_limits(machine: Machine, ailments: Ailments) -> None:
    with pytest.raises(BadInput):
        machine.suffer(ailments)
