# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which board this machine is, ready for use."""

import logging

from appliance.board import detect
from appliance.board.linux import LinuxBoard
from appliance.board.model import Board
from appliance.board.plain import PlainBoard
from appliance.errors import HearthError
from appliance.system.runner import Runner

log = logging.getLogger(__name__)


def open_board(runner: Runner) -> Board:
    """The board that a file describes; else any Linux machine, which is claimed by the code on its card."""
    try:
        profile = detect.detect()
    except HearthError as error:
        log.error("the boards' files are damaged: %s", error)
        profile = None
    if profile is None:
        log.info("no file describes this machine (%s)", detect.model() or "no device tree")
        return PlainBoard(runner)
    log.info("this is a %s", profile.name)
    return LinuxBoard(profile, runner)
