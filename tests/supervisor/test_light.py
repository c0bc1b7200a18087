# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which light wins."""

import dataclasses

import pytest

from appliance.board.light import PATTERNS, Light
from appliance.status import Box, Issue, Level
from appliance.supervisor.light import choose

BOX = Box("hearth", "test", "1", True, "anna", "", True, False, 1)
FREE = dataclasses.replace(BOX, claimed=False, owner=None)
RECOVERY = dataclasses.replace(BOX, recovery_open=True)


def issue(level, acknowledged=False):
    return Issue("key", level, "", "", "", acknowledged)


@pytest.mark.parametrize(
    ("changes", "light"),
    [
        ({}, Light.WELL),
        ({"level": Level.WORKING}, Light.WORKING),
        ({"box": FREE}, Light.UNCLAIMED),
        ({"box": FREE, "issues": [issue(Level.FAILING)]}, Light.FAILING),
        ({"box": FREE, "issues": [issue(Level.ATTENTION)]}, Light.UNCLAIMED),
        ({"issues": [issue(Level.ATTENTION)]}, Light.ATTENTION),
        ({"issues": [issue(Level.ATTENTION), issue(Level.FAILING)]}, Light.FAILING),
        ({"issues": [issue(Level.FAILING, True)], "level": Level.FAILING}, Light.WELL),
        ({"issues": [issue(Level.WELL)]}, Light.WELL),
        ({"box": RECOVERY, "issues": [issue(Level.FAILING)]}, Light.RECOVERY),
        ({"starting": True}, Light.STARTING),
        ({"starting": True, "issues": [issue(Level.FAILING)]}, Light.STARTING),
        ({"stage": Light.HOLD_RESET, "box": RECOVERY}, Light.HOLD_RESET),
        ({"stopping": True, "stage": Light.HOLD_SHUTDOWN}, Light.SHUTTING_DOWN),
    ],
)
def test_what_matters_most_shines(changes, light):
    usual = {"stage": None, "stopping": False, "starting": False, "level": Level.WELL, "box": BOX, "issues": []}
    assert choose(**(usual | changes)) is light


def test_every_light_has_a_pattern_of_its_own_rhythm():
    rhythms = [
        tuple((step.colour.value == "off", step.milliseconds, step.fade) for step in PATTERNS[light].steps)
        for light in Light
    ]
    assert len(set(rhythms)) == len(Light)
