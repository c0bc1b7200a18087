# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which disks are somebody's, and which are the box's own."""

from pathlib import Path

import pytest

from appliance.board.disks import disks, is_disk, mounted
from appliance.board.model import Disk


def plug(sys: Path, name: str, size: int, partitions: tuple[str, ...] = (), /, **device: str) -> None:
    """As the kernel does: devices in one place, links to them in /sys/block and /sys/class/block."""
    folder = sys / "devices" / name
    (folder / "device").mkdir(parents=True)
    (folder / "size").write_text(f"{size}\n")
    for file, text in device.items():
        (folder / "device" / file).write_text(f"{text}\n")
    for part in partitions:
        (folder / part).mkdir()
        (folder / part / "partition").write_text("1\n")
    for place, names in (("block", (name,)), ("class/block", (name, *partitions))):
        (sys / place).mkdir(parents=True, exist_ok=True)
        for each in names:
            (sys / place / each).symlink_to(folder if each == name else folder / each)


def test_the_card_that_it_runs_from_is_its_own(tmp_path):
    plug(tmp_path, "mmcblk0", 62333952, ("mmcblk0p5", "mmcblk0p8"), name="SD32G")
    plug(tmp_path, "sda", 976773168, ("sda1",), vendor="Samsung ", model="PSSD T7")
    assert disks(tmp_path, lambda: ("/dev/mmcblk0p5", "/dev/mmcblk0p8")) == (
        Disk("sda", "Samsung PSSD T7", 500107862016),
    )
    assert [disk.name for disk in disks(tmp_path, lambda: ("/dev/sda1",))] == ["mmcblk0"]


def test_a_whole_disk_may_be_mounted_too(tmp_path):
    plug(tmp_path, "vda", 2048)
    assert disks(tmp_path, lambda: ("/dev/vda",)) == ()


@pytest.mark.parametrize(
    ("device", "model"),
    [
        ({"vendor": "ATA     ", "model": "WDC WD10  "}, "WDC WD10"),
        ({"vendor": "0x1234", "model": "Virtual"}, "Virtual"),
        ({"name": "SD32G"}, "SD32G"),
        ({}, "disk"),
    ],
)
def test_what_a_disk_calls_itself(tmp_path, device, model):
    plug(tmp_path, "sdb", 4096, **device)
    assert disks(tmp_path, tuple) == (Disk("sdb", model, 4096 * 512),)


@pytest.mark.parametrize(
    "name", ["loop0", "ram1", "zram0", "dm-0", "nbd3", "sr0", "mmcblk0boot0", "mmcblk0rpmb", "md0"]
)
def test_what_is_no_disk_to_a_person(tmp_path, name):
    plug(tmp_path, name, 4096)
    assert disks(tmp_path, tuple) == ()
    assert not is_disk(name)


def test_a_reader_without_a_card_is_no_disk(tmp_path):
    plug(tmp_path, "sdc", 0, model="Card reader")
    assert disks(tmp_path, tuple) == ()


def test_a_machine_without_disks(tmp_path):
    assert disks(tmp_path, mounted) == ()
