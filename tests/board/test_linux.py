# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real board put together, and which one this machine is. With played devices: test_umockdev.py."""

from pathlib import Path

import pytest

from appliance.board import detect, open
from appliance.board.light import PATTERNS, Light
from appliance.board.linux import LinuxBoard
from appliance.board.model import Sensors
from appliance.board.plain import PlainBoard
from appliance.board.profile import load
from appliance.errors import HearthError, Unavailable
from appliance.system.runner import Completed, VirtualRunner

LOG = (
    "journalctl", "--dmesg", "--boot", "--quiet", "--lines=1", "--output=cat", "--grep=Undervoltage detected",
)  # fmt: skip


def pi(tmp_path: Path, said: bytes = b"") -> LinuxBoard:
    runner = VirtualRunner({LOG: Completed(0 if said else 1, said, b"")})
    return LinuxBoard(load(detect.folder() / "raspberry-pi-4.toml"), runner, tmp_path)


def test_a_board_with_nothing_wired_and_no_sensor_is_content(tmp_path):
    board = pi(tmp_path)
    board.show(PATTERNS[Light.UNCLAIMED])
    assert board.name == "Raspberry Pi 4"
    assert board.sensors() == Sensors(0.0, False, False)
    assert board.disks() == ()


def test_the_kernel_s_log_is_asked_whether_the_supply_was_weak(tmp_path):
    found = pi(tmp_path, b"hwmon hwmon1: Undervoltage detected!\n").sensors()
    assert (found.undervoltage, found.undervoltage_since_boot) == (False, True)


def test_a_log_that_cannot_be_read_is_no_reason_to_be_without_sensors(tmp_path):
    board = LinuxBoard(load(detect.folder() / "raspberry-pi-4.toml"), VirtualRunner(), tmp_path)
    assert not board.sensors().undervoltage_since_boot


def test_a_board_without_such_a_sensor_asks_no_log(tmp_path):
    runner = VirtualRunner()
    LinuxBoard(load(detect.folder() / "qemu.toml"), runner, tmp_path).sensors()
    assert runner.asked == []


def test_a_kernel_that_tells_nothing_is_a_plain_error(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("pyudev.Monitor.from_netlink", refuse)
    with pytest.raises(Unavailable, match="Operation not permitted"):
        next(pi(tmp_path).events())


def test_the_device_tree_s_model_has_a_zero_at_its_end(tmp_path):
    (tmp_path / "model").write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    assert detect.model(tmp_path) == "Raspberry Pi 4 Model B Rev 1.4"
    assert detect.model(tmp_path / "none") == ""


def test_a_known_machine_gets_its_board(monkeypatch):
    monkeypatch.setattr(detect, "model", lambda: "Raspberry Pi Zero 2 W Rev 1.0")
    found = open.open_board(VirtualRunner())
    assert isinstance(found, LinuxBoard)
    assert found.name == "Raspberry Pi Zero 2 W"


@pytest.mark.parametrize("model", ["", "BeagleBone Black"])
def test_any_other_machine_is_a_plain_one(monkeypatch, model):
    monkeypatch.setattr(detect, "model", lambda: model)
    assert isinstance(open.open_board(VirtualRunner()), PlainBoard)


def test_damaged_files_do_not_keep_the_box_from_starting(monkeypatch, caplog):
    def damaged():
        raise HearthError("bad-input", "mine.toml: name is missing.")

    monkeypatch.setattr(detect, "detect", damaged)
    assert isinstance(open.open_board(VirtualRunner()), PlainBoard)
    assert "mine.toml: name is missing." in caplog.text
