# SPDX-License-Identifier: AGPL-3.0-or-later
"""The button on the guest's own kernel, which has uinput where the host may have none."""

import base64

import pytest

from tests.image import machine
from tests.repository import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture
def awake(box: machine.Box) -> machine.Box:
    if not box.running():
        box.start(more_words=machine.SHELL_WORDS)
        box.answer(box.console, seconds=600)
    return box


def test_press_unplug_and_back(awake: machine.Box) -> None:
    program = base64.b64encode((ROOT / "tests/board/uinput_scenario.py").read_bytes()).decode()
    said = awake.shell(f"modprobe uinput && echo {program} | base64 -d | python3 -I -", seconds=200)
    assert said.splitlines()[-1] == "all heard", said
