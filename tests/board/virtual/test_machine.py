# SPDX-License-Identifier: AGPL-3.0-or-later
import threading
from collections.abc import Callable

import pytest

from appliance.board.light import PATTERNS, Light
from appliance.board.model import Event, EventKind
from appliance.board.virtual.machine import Machine
from appliance.errors import BadInput, HearthError
from appliance.system.clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def machine(clock: VirtualClock) -> Machine:
    machine = Machine(clock)
    machine.plug_cable()
    machine.power_on()
    return machine


def listen(machine: Machine) -> Callable[[], list[Event]]:
    """Begin to listen; the result ends the power and gives what was heard until then."""
    heard: list[Event] = []
    stream = machine.events()
    listening = threading.Thread(target=lambda: heard.extend(event for event in stream if event), daemon=True)
    listening.start()
    while not machine._listeners:
        pass

    def end() -> list[Event]:
        machine.pull_cable()
        listening.join(10)
        assert not listening.is_alive()
        return heard

    return end


def test_there_is_no_power_without_a_cable(clock: VirtualClock) -> None:
    machine = Machine(clock)
    with pytest.raises(HearthError) as caught:
        machine.power_on()
    assert caught.value.key == "no-power"


def test_the_light_blinks_from_power_on_and_is_dark_without(machine: Machine) -> None:
    assert machine.state().light == PATTERNS[Light.STARTING]
    machine.show(PATTERNS[Light.WELL])
    assert machine.state().light == PATTERNS[Light.WELL]
    machine.pull_cable()
    assert machine.state().light is None
    machine.show(PATTERNS[Light.WELL])
    assert machine.state().light is None


def test_a_shut_down_box_is_dark_with_its_cable_in(machine: Machine) -> None:
    machine.power_off()
    state = machine.state()
    assert (state.cable, state.powered, state.light) == (True, False, None)


def test_the_button_gives_each_edge_once(machine: Machine, clock: VirtualClock) -> None:
    end = listen(machine)
    machine.release()
    machine.press()
    clock.advance(1)
    machine.press()
    assert machine.state().held_since == clock.monotonic() - 1
    machine.release()
    assert machine.state().held_since is None
    assert [event.kind for event in end()] == [EventKind.BUTTON_DOWN, EventKind.BUTTON_UP]


def test_bouncing_contacts_are_swallowed(machine: Machine, clock: VirtualClock) -> None:
    end = listen(machine)
    machine.press()
    for _ in range(3):
        clock.advance(0.001)
        machine.release()
        machine.press()
    clock.advance(0.5)
    machine.release()
    assert [event.kind for event in end()] == [EventKind.BUTTON_DOWN, EventKind.BUTTON_UP]


def test_a_dead_box_hears_nothing(clock: VirtualClock) -> None:
    machine = Machine(clock)
    machine.press()
    clock.advance(1)
    machine.release()
    assert list(machine.events()) == []


def test_a_disk_is_known_while_it_is_plugged(machine: Machine) -> None:
    end = listen(machine)
    disk = machine.plug_disk("  Travel   disk ", 10**12)
    assert (disk.name, disk.model) == ("sda", "Travel disk")
    assert machine.plug_disk("Other", 10**9).name == "sdb"
    machine.pull_disk("sda")
    assert [disk.name for disk in machine.state().disks] == ["sdb"]
    with pytest.raises(HearthError) as caught:
        machine.pull_disk("sda")
    assert caught.value.key == "no-such-disk"
    kinds = [(event.kind, event.disk) for event in end()]
    assert kinds == [
        (EventKind.DISK_PLUGGED, "sda"),
        (EventKind.DISK_PLUGGED, "sdb"),
        (EventKind.DISK_PULLED, "sda"),
    ]


def test_ports_run_out(machine: Machine) -> None:
    for _ in range(4):
        machine.plug_disk("Disk", 10**9)
    with pytest.raises(HearthError) as caught:
        machine.plug_disk("Disk", 10**9)
    assert caught.value.key == "no-free-port"


@pytest.mark.parametrize(
    ("model", "size"), [("", 10**9), ("x" * 41, 10**9), ("a\x00b", 10**9), ("Disk", 5), ("Disk", 2**60)]
)
def test_impossible_disks_are_refused(machine: Machine, model: str, size: int) -> None:
    with pytest.raises(BadInput):
        machine.plug_disk(model, size)
    assert machine.state().disks == ()


def test_under_voltage_is_remembered_until_the_next_power_on(machine: Machine) -> None:
    end = listen(machine)
    machine.weaken_supply(True)
    machine.weaken_supply(False)
    sensors = machine.state().sensors
    assert (sensors.undervoltage, sensors.undervoltage_since_boot) == (False, True)
    assert [event.kind for event in end()] == [EventKind.SENSORS_CHANGED] * 2
    machine.plug_cable()
    machine.power_on()
    assert not machine.state().sensors.undervoltage_since_boot


def test_heat_has_limits(machine: Machine) -> None:
    machine.heat(85)
    assert machine.state().sensors.temperature == 85
    for impossible in (float("nan"), 500.0, -100.0):
        with pytest.raises(BadInput):
            machine.heat(impossible)
    assert machine.state().sensors.temperature == 85


def test_waiting_ends_with_the_next_change(machine: Machine) -> None:
    serial = machine.wait(-1, 0.0)
    assert machine.wait(serial, 0.0) == serial
    machine.heat(50)
    assert machine.wait(serial, 0.0) == serial + 1
