# SPDX-License-Identifier: AGPL-3.0-or-later
"""The button on the guest's own kernel, which has uinput where the host may have none."""

import pytest

from tests.image import machine
from tests.repository import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def test_press_unplug_and_back(home: machine.Box) -> None:
    home.put((ROOT / "tests/board/uinput_scenario.py").read_bytes(), "/run/uinput_scenario.py")
    said = home.shell("modprobe uinput && python3 -I /run/uinput_scenario.py", seconds=200)
    assert said.splitlines()[-1] == "all heard", said
