# SPDX-License-Identifier: AGPL-3.0-or-later
"""The second copy of the system: the script of the image, on files instead of partitions."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.repository import ROOT

SCRIPT = ROOT / "image/overlay/usr/lib/hearth/spare-slot"
BLOCKS = 4500  # of 4 KiB: more than two of the pieces it is copied in
SLOT_BYTES = BLOCKS * 4096 + 100_000


def system(*, blocks: int = BLOCKS) -> bytes:
    """What only its superblock makes an EROFS (Linux, fs/erofs/erofs_fs.h): magic, block size, number of blocks."""
    content = bytearray(os.urandom(blocks * 4096))
    content[1024:1028] = (0xE0F5E1E2).to_bytes(4, "little")
    content[1036] = 12
    content[1060:1064] = blocks.to_bytes(4, "little")
    return bytes(content)


class Slots:
    def __init__(self, folder: Path) -> None:
        self.system = system()
        self.running, self.other = folder / "running", folder / "other"
        self.running.write_bytes(self.system.ljust(SLOT_BYTES, b"r"))
        self.other.write_bytes(bytes(SLOT_BYTES))
        self.pauses = folder / "bin/sleep"
        self.pauses.parent.mkdir()
        self.while_it_pauses(":")

    def while_it_pauses(self, command: str) -> None:
        self.pauses.write_text(f"#!/bin/sh\n{command}\n")
        self.pauses.chmod(0o755)

    def copy(self) -> int:
        done = subprocess.run(
            [SCRIPT, self.running, self.other],
            env={"PATH": f"{self.pauses.parent}:/usr/bin:/bin", "OTHER": str(self.other)},
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode

    def holds_system(self) -> bool:
        return self.other.read_bytes()[1024:1028] == self.system[1024:1028]


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    return Slots(tmp_path)


def test_an_empty_slot_gets_the_system_and_no_more(slots: Slots) -> None:
    assert slots.copy() == 0
    assert slots.other.read_bytes() == slots.system.ljust(SLOT_BYTES, b"\0")


def test_an_update_is_left_alone(slots: Slots) -> None:
    update = system(blocks=20)
    slots.other.write_bytes(update)
    assert slots.copy() == 0
    assert slots.other.read_bytes() == update


def test_nothing_is_copied_from_what_is_no_system(slots: Slots) -> None:
    slots.running.write_bytes(bytes(SLOT_BYTES))
    assert slots.copy() == 0
    assert slots.other.read_bytes() == bytes(SLOT_BYTES)


def test_a_power_cut_leaves_it_empty_and_the_next_start_finishes(slots: Slots) -> None:
    slots.while_it_pauses("kill -9 $PPID")
    assert slots.copy() != 0
    assert not slots.holds_system()
    slots.while_it_pauses(":")
    assert slots.copy() == 0
    assert slots.other.read_bytes() == slots.system.ljust(SLOT_BYTES, b"\0")


def test_a_card_that_keeps_something_else_gets_no_system(slots: Slots) -> None:
    slots.while_it_pauses('printf wrong | dd of="$OTHER" bs=1 seek=50000 conv=notrunc status=none')
    assert slots.copy() != 0
    assert not slots.holds_system()
