# SPDX-License-Identifier: AGPL-3.0-or-later
"""The file systems of a card, looked at from outside while its machine is off. The card itself is never written to."""

import hashlib
import json
import subprocess
from pathlib import Path

SELECTOR, DATA = 1, 8
# What an unclean end leaves, and what is mended by going through the journal.
_HARMLESS = ("recovering journal", "Clearing orphaned inode", "clean,", "Setting free", "Feature orphan_present")


def partition(card: Path, number: int) -> tuple[int, int]:
    """Where it begins and how long it is, in bytes."""
    said = subprocess.run(["sfdisk", "--json", card], check=True, capture_output=True, timeout=60).stdout
    table = json.loads(said)["partitiontable"]
    (found,) = [each for each in table["partitions"] if each["node"] == f"{card}{number}"]
    return found["start"] * table["sectorsize"], found["size"] * table["sectorsize"]


def cut_out(card: Path, number: int, target: Path) -> Path:
    start, size = partition(card, number)
    subprocess.run(
        [
            "dd", f"if={card}", f"of={target}", "bs=1M", "iflag=skip_bytes,count_bytes", f"skip={start}",
            f"count={size}", "conv=sparse", "status=none",
        ],
        check=True, timeout=300,
    )  # fmt: skip
    return target


def digest(card: Path, number: int) -> str:
    start, size = partition(card, number)
    total = hashlib.sha256()
    with card.open("rb") as opened:
        opened.seek(start)
        while size > 0 and (part := opened.read(min(size, 1 << 22))):
            total.update(part)
            size -= len(part)
    return total.hexdigest()


def assert_clean(card: Path, folder: Path) -> None:
    """Nothing is wrong with data and first partition beyond what their journal and dirty mark are for."""
    data = cut_out(card, DATA, folder / "data.ext4")
    replayed = subprocess.run(["e2fsck", "-p", data], capture_output=True, text=True, timeout=300, check=False)
    assert all(any(word in line for word in _HARMLESS) for line in replayed.stdout.splitlines()), replayed.stdout
    checked = subprocess.run(["e2fsck", "-fn", data], capture_output=True, text=True, timeout=300, check=False)
    assert checked.returncode == 0, checked.stdout
    data.unlink()
    selector = cut_out(card, SELECTOR, folder / "selector.vfat")
    with selector.open("r+b") as opened:
        # The mark of a file system in use (FAT32's boot sector, byte 65): not taken away is all that may be wrong.
        opened.seek(65)
        opened.write(b"\0")
    checked = subprocess.run(["fsck.vfat", "-n", selector], capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout
    selector.unlink()
