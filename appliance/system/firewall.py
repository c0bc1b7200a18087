# SPDX-License-Identifier: AGPL-3.0-or-later
"""The firewall, which must know who is a neighbour and who is a gateway: hearth-neighbours.service looks."""

from typing import Protocol

from appliance.system.runner import Runner


class Firewall(Protocol):
    def look_again(self) -> None:
        """The box's addresses have changed. Raises HearthError."""
        ...


class SystemFirewall:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def look_again(self) -> None:
        self._runner.run(["systemctl", "--no-block", "restart", "hearth-neighbours.service"], timeout=20.0)


class VirtualFirewall:
    """Counts how often it was asked: a virtual box leaves the computer's own firewall alone."""

    def __init__(self) -> None:
        self.looks = 0

    def look_again(self) -> None:
        self.looks += 1
