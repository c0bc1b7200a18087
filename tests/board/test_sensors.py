# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sensors of a real board, its files below /sys played by plain ones."""

from pathlib import Path

import pytest

from appliance.board.model import Fan, Sensors
from appliance.board.profile import SensorRoles
from appliance.board.sensors import RealSensors
from appliance.errors import HearthError

ROLES = SensorRoles("cpu-thermal", "rpi_volt", "devices/platform/soc*/soc*firmware/get_throttled", "pwmfan")
BITS = "devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"


def put(sys: Path, path: str, text: str) -> Path:
    (sys / path).parent.mkdir(parents=True, exist_ok=True)
    (sys / path).write_text(f"{text}\n")
    return sys / path


@pytest.fixture
def pi(tmp_path):
    put(tmp_path, "class/thermal/thermal_zone0/type", "cpu-thermal")
    put(tmp_path, "class/thermal/thermal_zone0/temp", "47712")
    put(tmp_path, "class/hwmon/hwmon0/name", "cpu_thermal")
    put(tmp_path, "class/hwmon/hwmon1/name", "rpi_volt")
    put(tmp_path, "class/hwmon/hwmon1/in0_lcrit_alarm", "0")
    put(tmp_path, BITS, "0")
    return tmp_path


def sensors(sys: Path, roles: SensorRoles = ROLES, *, weak_before: bool = False) -> RealSensors:
    return RealSensors(roles, sys, lambda: weak_before)


def test_a_healthy_board(pi):
    assert sensors(pi).read() == Sensors(47.712, False, False, False, False, None)


def test_under_voltage_is_remembered_when_it_is_over(pi):
    reading = sensors(pi)
    put(pi, "class/hwmon/hwmon1/in0_lcrit_alarm", "1")
    assert (reading.read().undervoltage, reading.read().undervoltage_since_boot) == (True, True)
    put(pi, "class/hwmon/hwmon1/in0_lcrit_alarm", "0")
    assert (reading.read().undervoltage, reading.read().undervoltage_since_boot) == (False, True)


def test_the_chip_is_known_by_its_name_and_not_by_its_number(pi):
    (pi / "class/hwmon/hwmon1").rename(pi / "class/hwmon/hwmon7")
    put(pi, "class/hwmon/hwmon0/in0_lcrit_alarm", "1")
    assert not sensors(pi).read().undervoltage


def test_the_kernel_s_log_counts_too(pi):
    found = sensors(pi, weak_before=True).read()
    assert (found.undervoltage, found.undervoltage_since_boot) == (False, True)


@pytest.mark.parametrize(
    ("bits", "weak", "weak_seen", "slowed", "slowed_seen"),
    [
        ("0", False, False, False, False),
        ("1", True, True, False, False),
        ("50005", True, True, True, True),
        ("50000", False, True, False, True),
        ("80008", False, False, True, True),
        ("0x20000", False, False, False, True),
        ("nonsense", False, False, False, False),
    ],
)
def test_the_firmware_s_bits(pi, bits, weak, weak_seen, slowed, slowed_seen):
    put(pi, BITS, bits)
    found = sensors(pi).read()
    assert (found.undervoltage, found.undervoltage_since_boot) == (weak, weak_seen)
    assert (found.throttled, found.throttled_since_boot) == (slowed, slowed_seen)


def test_slowing_down_is_remembered_though_the_kernel_clears_its_bits(pi):
    reading = sensors(pi)
    put(pi, BITS, "4")
    assert reading.read().throttled
    put(pi, BITS, "0")
    found = reading.read()
    assert (found.throttled, found.throttled_since_boot) == (False, True)


def test_the_processor_counts_and_not_what_is_hotter_beside_it(pi):
    put(pi, "class/thermal/thermal_zone1/type", "rp1")
    put(pi, "class/thermal/thermal_zone1/temp", "70000")
    assert sensors(pi).read().temperature == pytest.approx(47.712)
    assert sensors(pi, SensorRoles("other")).read().temperature == pytest.approx(70.0)


def test_a_machine_without_any_sensor(tmp_path):
    assert sensors(tmp_path).read() == Sensors(0.0, False, False)
    assert sensors(tmp_path, SensorRoles()).read() == Sensors(0.0, False, False)


def test_a_sensor_of_heat_that_vanishes_is_an_error_and_comes_back(pi):
    reading = sensors(pi)
    reading.read()
    zone = pi / "class/thermal/thermal_zone0/temp"
    zone.unlink()
    with pytest.raises(HearthError, match="does not answer"):
        reading.read()
    zone.write_text("50000\n")
    assert reading.read().temperature == 50.0


@pytest.mark.parametrize("file", ["class/hwmon/hwmon1/in0_lcrit_alarm", "class/hwmon/hwmon1/name", BITS])
def test_other_sensors_may_vanish(pi, file):
    reading = sensors(pi)
    reading.read()
    (pi / file).unlink()
    assert reading.read() == Sensors(47.712, False, False)


def test_a_fan_that_should_turn_and_does_not(pi):
    put(pi, "class/hwmon/hwmon2/name", "pwmfan")
    put(pi, "class/hwmon/hwmon2/fan1_input", "0")
    put(pi, "class/hwmon/hwmon2/pwm1", "125")
    assert sensors(pi).read().fan == Fan(0, wanted=True)
    put(pi, "class/hwmon/hwmon2/pwm1", "0")
    assert sensors(pi).read().fan == Fan(0, wanted=False)
