# SPDX-License-Identifier: AGPL-3.0-or-later
"""How boards are switched off. On a whole box: tests/image."""

import pytest

from appliance.board import detect
from appliance.board.linux import LinuxBoard
from appliance.board.plain import PlainBoard
from appliance.board.profile import load
from appliance.system.runner import Completed, VirtualRunner

START = ("systemctl", "--no-block", "--job-mode=replace-irreversibly", "start")


@pytest.mark.parametrize(("verb", "target"), [("power_off", "poweroff.target"), ("power_restart", "reboot.target")])
def test_power_goes_through_systemd_and_asks_no_logind(tmp_path, verb, target):
    runner = VirtualRunner({(*START, target): Completed(0, b"", b"")})
    for board in (PlainBoard(runner), LinuxBoard(load(detect.folder() / "qemu.toml"), runner, tmp_path)):
        getattr(board, verb)()
    assert runner.asked == [" ".join((*START, target))] * 2
