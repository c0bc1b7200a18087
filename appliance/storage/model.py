# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is observed of the box's storage."""

from dataclasses import dataclass

from appliance.board.model import Disk


@dataclass(frozen=True)
class Storage:
    """Of the state folder, in bytes and inodes; `disks` are plugged in and not ours; `damaged` are settings files
    that could not be read and were put aside."""

    free: int
    total: int
    free_inodes: int
    total_inodes: int
    read_only: bool
    disks: tuple[Disk, ...] = ()
    damaged: tuple[str, ...] = ()
