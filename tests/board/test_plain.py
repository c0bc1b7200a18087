# SPDX-License-Identifier: AGPL-3.0-or-later
"""Any Linux machine as a board."""

from appliance.board.light import PATTERNS, Light
from appliance.board.plain import PlainBoard
from appliance.system.runner import VirtualRunner


def test_it_has_sensors_no_disks_of_ours_and_no_light():
    board = PlainBoard(VirtualRunner())
    board.show(PATTERNS[Light.WELL])
    assert board.sensors().temperature >= 0.0
    assert board.disks() == ()
