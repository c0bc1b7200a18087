# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where two builds differ."""

import stat
from pathlib import Path

from image.steps import content

# Files in which others lie: if one of these differs, so does something in a folder, or the tool that packed it.
_FOLDERS = ("tree", "boot", "selector")
_PACKED = ("initrd.img", "boot.vfat", "system.erofs", "selector.vfat", "data.ext4")


def differences(first: Path, second: Path) -> list[str]:
    """One line for each file that is not the same in both workshops: what was packed after what it was made of."""
    found = []
    for folder in _FOLDERS:
        one, two = described(first / folder), described(second / folder)
        for path in sorted(one.keys() | two.keys()):
            if one.get(path) != two.get(path):
                found.append(f"{folder}/{path}: {_about(one.get(path))} | {_about(two.get(path))}")
    for name in (*_PACKED, *sorted(path.name for path in first.glob("hearth-*.img"))):
        if content(first / name) != content(second / name):
            found.append(f"{name} differs")
    return found


def described(folder: Path) -> dict[str, tuple[str, ...]]:
    """What a file system keeps of each file: mode, owner, time (also of links), and content. Not the times of folders,
    which later steps pass through: where they are kept, all get one moment as they are packed."""
    return {str(path.relative_to(folder)): _entry(path) for path in [folder, *folder.rglob("*")]}


def _entry(path: Path) -> tuple[str, ...]:
    about = path.lstat()
    inside = content(path)[:80] if stat.S_ISLNK(about.st_mode) or stat.S_ISREG(about.st_mode) else ""
    owner = f"{about.st_uid}:{about.st_gid}"
    time = "" if stat.S_ISDIR(about.st_mode) else f"{about.st_mtime:.0f}"
    return stat.filemode(about.st_mode), owner, time, str(about.st_rdev), inside


def _about(entry: tuple[str, ...] | None) -> str:
    return " ".join(entry) if entry else "missing"
