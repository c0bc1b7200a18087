# SPDX-License-Identifier: AGPL-3.0-or-later
"""A whole board on devices played by umockdev. Run by test_umockdev.py, under umockdev-wrapper."""

import queue
import threading

import pytest

from appliance.board.detect import folder
from appliance.board.light import PATTERNS, Light
from appliance.board.linux import LinuxBoard
from appliance.board.model import Disk, EventKind
from appliance.board.profile import load
from appliance.system.runner import Completed, VirtualRunner
from tests.board.testbed import Testbed

LOG = (
    "journalctl", "--dmesg", "--boot", "--quiet", "--lines=1", "--output=cat", "--grep=Undervoltage detected",
)  # fmt: skip
ACT = """
P: /devices/platform/leds/leds/ACT
E: SUBSYSTEM=leds
A: brightness=0\\n
A: max_brightness=1\\n
A: trigger=none [mmc0] pattern\\n
A: pattern=\\n
"""
VOLT = """
P: /devices/platform/soc/soc:firmware/raspberrypi-hwmon/hwmon/hwmon1
E: SUBSYSTEM=hwmon
A: name=rpi_volt\\n
A: in0_lcrit_alarm=0\\n
"""
HEAT = """
P: /devices/virtual/thermal/thermal_zone0
E: SUBSYSTEM=thermal
A: type=cpu-thermal\\n
A: temp=47712\\n
"""
STICK = """
P: /devices/pci0000:00/usb1/1-1/host0/target0/0:0:0:0/block/sda
N: sda
E: SUBSYSTEM=block
E: DEVTYPE=disk
E: DEVNAME=/dev/sda
A: size=976773168\\n
"""
PART = """
P: /devices/pci0000:00/usb1/1-1/host0/target0/0:0:0:0/block/sda/sda1
N: sda1
E: SUBSYSTEM=block
E: DEVTYPE=partition
E: DEVNAME=/dev/sda1
A: partition=1\\n
A: size=976771072\\n
"""
LOOP = """
P: /devices/virtual/block/loop0
N: loop0
E: SUBSYSTEM=block
E: DEVTYPE=disk
E: DEVNAME=/dev/loop0
A: size=8\\n
"""


def path(description: str) -> str:
    return f"/sys{description.split()[1]}"


@pytest.fixture
def bed():
    return Testbed()


@pytest.fixture
def board(bed):
    profile = load(folder() / "raspberry-pi-4.toml")
    return LinuxBoard(profile, VirtualRunner({LOG: Completed(1, b"", b"")}))


@pytest.fixture
def heard(bed, board):
    """Events as they come, once the board listens. /sys must hold something before udev can be asked."""
    events: queue.SimpleQueue[object] = queue.SimpleQueue()

    def listen():
        for event in board.events():
            events.put(event)

    threading.Thread(target=listen, daemon=True).start()
    bed.add(VOLT)
    for _ in range(100):
        bed.uevent(path(VOLT), "change")
        try:
            assert events.get(timeout=0.1).kind is EventKind.SENSORS_CHANGED
            break
        except queue.Empty:
            continue
    else:
        pytest.fail("the board hears nothing")

    def next_one():
        """The first that is not an echo of the call above."""
        while (event := events.get(timeout=10)).kind is EventKind.SENSORS_CHANGED:
            pass
        return event.kind, event.disk

    return next_one


def test_the_light_of_the_board_itself(bed, board):
    bed.add(ACT)
    board.show(PATTERNS[Light.FAILING])
    act = bed.root / "sys/class/leds/ACT"
    assert (act / "trigger").read_text().startswith("pattern")
    assert (act / "pattern").read_text().startswith("1 200 1 0 0 200 0 0")


def test_under_voltage_comes_and_goes(bed, board):
    bed.add(VOLT)
    bed.add(HEAT)
    assert not board.sensors().undervoltage
    bed.set(path(VOLT), "in0_lcrit_alarm", "1\n")
    found = board.sensors()
    assert (found.undervoltage, found.temperature) == (True, 47.712)
    bed.set(path(VOLT), "in0_lcrit_alarm", "0\n")
    found = board.sensors()
    assert (found.undervoltage, found.undervoltage_since_boot) == (False, True)


def test_a_disk_is_plugged_and_pulled(bed, board, heard):
    bed.add(LOOP)
    bed.add(STICK)
    bed.add(PART)
    assert heard() == (EventKind.DISK_PLUGGED, "sda")
    assert board.disks() == (Disk("sda", "disk", 500107862016),)
    bed.uevent(path(PART), "remove")
    bed.uevent(path(STICK), "remove")
    bed.remove(path(PART))
    bed.remove(path(STICK))
    assert heard() == (EventKind.DISK_PULLED, "sda")
    assert board.disks() == ()


def test_an_led_that_comes_late_shines_at_once(bed, board, heard):
    board.show(PATTERNS[Light.FAILING])
    bed.add(ACT)
    bed.add(STICK)
    assert heard() == (EventKind.DISK_PLUGGED, "sda")
    assert (bed.root / "sys/class/leds/ACT/pattern").read_text().startswith("1 200 1 0 0 200 0 0")
