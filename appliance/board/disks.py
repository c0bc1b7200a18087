# SPDX-License-Identifier: AGPL-3.0-or-later
"""Disks that are plugged in and not in use by the box itself."""

import re
from collections.abc import Callable
from pathlib import Path

import psutil

from appliance.board.model import Disk

# No disks in a person's sense: memory, loops, mappings, network, and the hidden parts of an eMMC.
_NO_DISK = re.compile(r"(loop|ram|zram|dm-|md|nbd|sr|mtdblock)\d+|mmcblk\d+(boot\d+|rpmb|gp\d+)")
_SECTOR = 512  # what /sys/block/*/size counts in, whatever the disk's own are


def mounted() -> tuple[str, ...]:
    """The devices of all mounted file systems."""
    return tuple(partition.device for partition in psutil.disk_partitions(all=False))


def disks(sys: Path, mounts: Callable[[], tuple[str, ...]] = mounted) -> tuple[Disk, ...]:
    """Sorted by name. A card reader without a card is no disk, and a disk with something mounted is the box's own."""
    own = {_whole(sys, Path(device).resolve().name) for device in mounts()}
    found = []
    for folder in sorted((sys / "block").glob("*")):
        name = folder.name
        size = _read(folder / "size")
        whole = is_disk(name) and not (folder / "partition").exists()
        if whole and name not in own and size.isdigit() and int(size) > 0:
            found.append(Disk(name, _model(folder), int(size) * _SECTOR))
    return tuple(found)


def is_disk(name: str) -> bool:
    return not _NO_DISK.fullmatch(name)


def _whole(sys: Path, name: str) -> str:
    """The disk that a partition lies on."""
    folder = (sys / "class/block" / name).resolve()
    return folder.parent.name if (folder / "partition").exists() else name


def _model(folder: Path) -> str:
    vendor, model = _read(folder / "device/vendor"), _read(folder / "device/model") or _read(folder / "device/name")
    # SATA disks all have the vendor "ATA"; others write a number there.
    maker = "" if vendor == "ATA" or vendor.startswith("0x") else vendor
    return " ".join(f"{maker} {model}".split()) or "disk"


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace").strip()
    except OSError:
        return ""
