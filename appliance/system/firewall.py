# SPDX-License-Identifier: AGPL-3.0-or-later
"""The firewall, which must know who is a neighbour and who is a gateway: hearth-neighbours.service looks."""

from collections.abc import Sequence
from typing import Protocol

from appliance.system.runner import Runner


class Firewall(Protocol):
    def look_again(self) -> None:
        """The box's addresses have changed. Raises HearthError."""
        ...


_BY_SYSTEMD = ("systemctl", "--no-block", "restart", "hearth-neighbours.service")


class SystemFirewall:
    """`command` makes it look."""

    def __init__(self, runner: Runner, command: Sequence[str] = _BY_SYSTEMD) -> None:
        self._runner = runner
        self._command = [*command]

    def look_again(self) -> None:
        self._runner.run(self._command, timeout=20.0)


class VirtualFirewall:
    """Counts how often it was asked: a virtual box leaves the computer's own firewall alone."""

    def __init__(self) -> None:
        self.looks = 0

    def look_again(self) -> None:
        self.looks += 1
