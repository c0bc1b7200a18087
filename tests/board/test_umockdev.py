# SPDX-License-Identifier: AGPL-3.0-or-later
"""The drivers on devices played by umockdev: umockdev_scenarios.py, in a process that sees these instead of /sys."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).with_name("umockdev_scenarios.py")


@pytest.mark.skipif(shutil.which("umockdev-wrapper") is None, reason="umockdev is not installed")
def test_a_board_of_played_devices():
    done = subprocess.run(
        ["umockdev-wrapper", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SCENARIOS],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTEST_ADDOPTS": ""},
    )
    assert done.returncode == 0, done.stdout + done.stderr
