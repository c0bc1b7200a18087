# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is observed of the box's storage."""

from dataclasses import dataclass

from appliance.board.model import Disk, Drive


@dataclass(frozen=True)
class Storage:
    """Of the state folder, in bytes and inodes; `disks` are plugged in and not ours; `damaged` are settings files
    that could not be read and were put aside. `errors` are those the kernel found in the file system; `makeshift` says
    why the data lies in memory only; `drives` are what the box itself is made of."""

    free: int
    total: int
    free_inodes: int
    total_inodes: int
    read_only: bool
    disks: tuple[Disk, ...] = ()
    damaged: tuple[str, ...] = ()
    errors: int = 0
    makeshift: str = ""
    drives: tuple[Drive, ...] = ()
