# SPDX-License-Identifier: AGPL-3.0-or-later
"""The button as a real input device of the kernel's, where this machine can make one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(
    not os.access("/dev/uinput", os.W_OK),
    reason="no /dev/uinput to make an input device with (modprobe uinput, as root)",
)
def test_press_unplug_and_back():
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("uinput_scenario.py")],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "all heard"
