# SPDX-License-Identifier: AGPL-3.0-or-later
"""The machine on the virtual board: this computer's own memory and disk, and what the front panel lets it suffer."""

import dataclasses
import errno
from dataclasses import dataclass
from pathlib import Path

from appliance.board.host import SystemHost
from appliance.board.model import Drive, Memory, Volume
from appliance.parse import from_dict
from appliance.system.commands import CommandClient
from appliance.system.files import VirtualFiles


@dataclass(frozen=True)
class Ailments:
    """What is wrong with the machine. `worn` is the used-up part of its card's life, from 0 to 1."""

    throttled: bool = False
    fan_stuck: bool = False
    worn: float = 0.04
    full: bool = False
    read_only: bool = False
    errors: int = 0


class VirtualHost:
    """Implements `board.model.Host`. How busy this computer is with other things is none of the box's business.

    A card that is full or locked refuses what `files` is to write, from the next look on.
    """

    def __init__(self, machine_socket: Path, real: SystemHost, files: VirtualFiles) -> None:
        self._machine = CommandClient(machine_socket, name="the virtual board")
        self._real = real
        self._files = files

    def load(self) -> float:
        return 0.1

    def memory(self) -> Memory:
        return self._real.memory()

    def volume(self, path: Path) -> Volume:
        ailments, volume = self._ailments(), self._real.volume(path)
        self._files.fail_with(errno.EROFS if ailments.read_only else errno.ENOSPC if ailments.full else None)
        return dataclasses.replace(
            volume,
            free=0 if ailments.full else volume.free,
            read_only=ailments.read_only or volume.read_only,
            errors=ailments.errors,
        )

    def drives(self) -> tuple[Drive, ...]:
        return (Drive("mmcblk0", "Virtual card", self._ailments().worn),)

    def _ailments(self) -> Ailments:
        return from_dict(Ailments, self._machine.ask("host.ailments"))
