# SPDX-License-Identifier: AGPL-3.0-or-later
"""The supervisor's sandbox leaves open what a real board needs: LEDs below /sys, the button, the kernel's events."""

import pytest

from tests.repository import ROOT

LINES = (ROOT / "systemd/system/hearth-supervisor.service").read_text().splitlines()


def value(name: str) -> str:
    return " ".join(line.partition("=")[2] for line in LINES if line.startswith(f"{name}="))


@pytest.mark.parametrize("name", ["ProtectKernelTunables", "PrivateDevices", "PrivateNetwork", "PrivateUsers"])
def test_what_would_hide_the_board_is_not_asked_for(name):
    assert value(name) in ("", "no")


def test_the_button_may_be_read():
    assert "char-input r" in value("DeviceAllow")


def test_udev_and_the_system_bus_may_be_spoken_to():
    assert {"AF_NETLINK", "AF_UNIX"} <= set(value("RestrictAddressFamilies").split())
