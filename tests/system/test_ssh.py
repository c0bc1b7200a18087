# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ssh server is switched by systemd, and a box without one goes on."""

from appliance.system.runner import Completed, VirtualRunner
from appliance.system.ssh import SystemSsh, VirtualSsh


def test_it_is_switched_without_waiting():
    words = [("systemctl", "--no-block", verb, "ssh.service") for verb in ("start", "stop")]
    runner = VirtualRunner(dict.fromkeys(words, Completed(0, b"", b"")))
    SystemSsh(runner).turn(on=True)
    SystemSsh(runner).turn(on=False)
    assert runner.asked == [" ".join(each) for each in words]


def test_a_machine_without_it_goes_on():
    SystemSsh(VirtualRunner()).turn(on=True)


def test_a_virtual_box_opens_no_way_into_its_computer():
    ssh = VirtualSsh()
    ssh.turn(on=True)
    assert ssh.is_on
