# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ssh: the box's ssh server, which starts by itself once there is a key and must be told to stop."""

import logging
from typing import Protocol

from appliance.errors import HearthError
from appliance.system.runner import Runner

log = logging.getLogger(__name__)


class Ssh(Protocol):
    def turn(self, *, on: bool) -> None:
        """Start or stop it. What goes wrong is logged: without a key nobody can log in anyway."""
        ...


class SystemSsh:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def turn(self, *, on: bool) -> None:
        try:
            self._runner.run(["systemctl", "--no-block", "start" if on else "stop", "ssh.service"], timeout=20.0)
        except HearthError as error:
            log.warning("the ssh server could not be switched: %s", error)


class VirtualSsh:
    """No server at all: a virtual box must open no way into the computer it runs on."""

    def __init__(self) -> None:
        self.is_on = False

    def turn(self, *, on: bool) -> None:
        self.is_on = on
