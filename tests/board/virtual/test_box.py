# SPDX-License-Identifier: AGPL-3.0-or-later
"""The box over its machine socket, as the supervisor meets it."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.board.light import PATTERNS, Light
from appliance.board.model import Board, Disk, Event, EventKind, Fan, Sensors
from appliance.board.virtual.box import VirtualBox
from appliance.board.virtual.commands import machine_commands
from appliance.board.virtual.door import VirtualBoard
from appliance.board.virtual.machine import FAN_SPEED, Machine
from appliance.errors import HearthError, Unavailable
from appliance.system.clock import SystemClock
from appliance.system.commands import CommandServer
from appliance.system.service import ServiceState, State
from appliance.system.units import UnitState, VirtualUnits


class FakeManager:
    """Remembers what was asked of it."""

    def __init__(self, asked: list[str]) -> None:
        self.asked = asked

    def __getattr__(self, name: str) -> Callable[..., object]:
        def note(*arguments: object) -> object:
            self.asked.append(" ".join([name, *map(str, arguments)]))
            if name == "states":
                return (ServiceState("supervisor", "Hearth: supervisor", State.RUNNING, 7, 1, "well"),)
            return [] if name == "logs" else True

        return note


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def box(asked: list[str]) -> Iterator[VirtualBox]:
    made = VirtualBox(Machine(SystemClock()), lambda changed: FakeManager(asked), SystemClock())  # type: ignore[arg-type]
    made.plug_in()
    yield made
    made.pull_plug()


@pytest.fixture
def path(box: VirtualBox) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder) / "machine.sock"
        server = CommandServer(path, machine_commands(box), users={os.geteuid()})
        server.start()
        yield path
        server.close()


def until(fact: Callable[[], object]) -> None:
    give_up = time.monotonic() + 20
    while not fact():
        assert time.monotonic() < give_up, "it did not come true"
        time.sleep(0.01)


def test_the_door_is_a_board(path: Path, box: VirtualBox) -> None:
    board: Board = VirtualBoard(path)
    board.show(PATTERNS[Light.RECOVERY])
    assert box.machine.state().light == PATTERNS[Light.RECOVERY]
    box.machine.heat(77.5)
    assert board.sensors() == Sensors(77.5, False, False, fan=Fan(FAN_SPEED, True))
    assert board.disks() == ()
    box.machine.plug_disk("Travel disk", 10**9)
    assert board.disks() == (Disk("sda", "Travel disk", 10**9),)
    assert board.name == "virtual board"


def test_events_arrive_and_end_with_the_power(path: Path, box: VirtualBox) -> None:
    heard: list[Event] = []
    listening = threading.Thread(target=lambda: heard.extend(VirtualBoard(path).events()), daemon=True)
    listening.start()
    until(lambda: box.machine._listeners)
    box.machine.press()
    box.machine.plug_disk("Disk", 10**9)
    box.pull_plug()
    listening.join(10)
    assert not listening.is_alive()
    assert [(event.kind, event.disk) for event in heard] == [
        (EventKind.BUTTON_DOWN, None),
        (EventKind.DISK_PLUGGED, "sda"),
    ]


def test_a_board_that_is_gone_is_said_so(tmp_path: Path) -> None:
    board = VirtualBoard(tmp_path / "nothing.sock")
    assert list(board.events()) == []
    with pytest.raises(Unavailable):
        board.sensors()


def test_power_off_stops_in_order_and_goes_dark(path: Path, box: VirtualBox, asked: list[str]) -> None:
    VirtualBoard(path).power_off()
    until(lambda: not box.machine.state().powered)
    assert asked == ["start", "stop"]
    assert box.machine.state().cable
    assert box.services() == ()


def test_pulling_the_plug_asks_nobody(box: VirtualBox, asked: list[str]) -> None:
    box.pull_plug()
    assert "stop" not in asked
    assert asked[:2] == ["start", "kill"]
    box.plug_in()
    assert asked[-1] == "start"
    assert box.machine.state().light == PATTERNS[Light.STARTING]


def test_a_restart_comes_back(path: Path, box: VirtualBox, asked: list[str]) -> None:
    VirtualBoard(path).power_restart()
    until(lambda: asked == ["start", "stop", "start"])
    assert box.machine.state().powered


def test_a_box_whose_services_cannot_begin_has_no_power(asked: list[str]) -> None:
    def fail(changed: Callable[[], None]) -> FakeManager:
        raise HearthError("port-taken", "Port 1 is taken.")

    box = VirtualBox(Machine(SystemClock()), fail, SystemClock())  # type: ignore[arg-type]
    with pytest.raises(HearthError):
        box.plug_in()
    assert not box.machine.state().powered


def test_units_are_asked_over_the_same_socket(path: Path, asked: list[str]) -> None:
    units = VirtualUnits(path, SystemClock())
    assert units.states()["supervisor"].state is UnitState.RUNNING
    units.restart("fediverse")
    assert units.logs("console", 5) == []
    assert asked[-2:] == ["restart_one fediverse", "logs console 5"]


def test_without_power_no_unit_can_be_restarted(path: Path, box: VirtualBox) -> None:
    box.pull_plug()
    with pytest.raises(HearthError) as caught:
        VirtualUnits(path, SystemClock()).restart("fediverse")
    assert caught.value.key == "no-power"
