# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Linux says of the machine: this one, and drives as sysfs and smartctl describe them."""

import json
import os

import pytest

from appliance.board.host import _SMARTCTL, SystemHost, read_smart
from appliance.board.model import Drive
from appliance.errors import HearthError
from appliance.system.runner import Completed, VirtualRunner


@pytest.fixture
def runner():
    return VirtualRunner()


@pytest.fixture
def host(runner, tmp_path):
    return SystemHost(runner, tmp_path)


def attribute(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text + "\n")


def test_this_machine_can_be_asked(host, tmp_path):
    volume = host.volume(tmp_path)
    assert 0 < volume.free <= volume.total
    assert (volume.read_only, volume.errors) == (False, 0)
    assert 0 < host.memory().available <= host.memory().total
    assert host.load() >= 0


def test_a_missing_folder_is_said_in_plain_words(host, tmp_path):
    with pytest.raises(HearthError) as caught:
        host.volume(tmp_path / "none")
    assert caught.value.key == "storage-unreadable"


def test_errors_of_the_file_system_are_those_of_the_right_one(host, tmp_path):
    device = tmp_path.stat().st_dev
    (tmp_path / "sys/dev/block").mkdir(parents=True)
    (tmp_path / "sys/devices/mmcblk0p5").mkdir(parents=True)
    (tmp_path / f"sys/dev/block/{os.major(device)}:{os.minor(device)}").symlink_to("../../devices/mmcblk0p5")
    attribute(tmp_path, "sys/fs/ext4/mmcblk0p5/errors_count", "7")
    attribute(tmp_path, "sys/fs/ext4/mmcblk0p4/errors_count", "99")
    assert host.volume(tmp_path).errors == 7


def test_data_that_could_not_be_used_is_known_by_the_mark_the_start_left(host, tmp_path):
    assert host.volume(tmp_path).makeshift == ""
    attribute(tmp_path, "run/hearth-data-damaged", "The data partition is damaged.")
    assert host.volume(tmp_path).makeshift == "The data partition is damaged."


@pytest.mark.parametrize(
    ("life", "end", "worn", "failing"),
    [
        ("0x01 0x03", "0x01", 0.3, False),
        ("0x0b 0x02", "0x03", 1.1, True),
        ("0x00 0x00", "0x00", None, False),
        ("rubbish", "rubbish", None, False),
    ],
)
def test_emmc_tells_how_worn_it_is(host, tmp_path, life, end, worn, failing):
    attribute(tmp_path, "sys/block/mmcblk0/device/name", "BJTD4R")
    attribute(tmp_path, "sys/block/mmcblk0/device/life_time", life)
    attribute(tmp_path, "sys/block/mmcblk0/device/pre_eol_info", end)
    attribute(tmp_path, "sys/block/mmcblk0boot0/device/life_time", "0x0b 0x0b")
    attribute(tmp_path, "sys/block/loop0/size", "8")
    assert host.drives() == (Drive("mmcblk0", "BJTD4R", worn, failing),)


def test_a_card_that_tells_nothing_is_a_card(host, tmp_path):
    attribute(tmp_path, "sys/block/mmcblk0/device/name", "SD32G")
    assert host.drives() == (Drive("mmcblk0", "SD32G"),)


def test_other_drives_are_asked_by_smartctl(host, runner, tmp_path):
    attribute(tmp_path, "sys/block/nvme0n1/device/model", "Fast SSD  ")
    said = {"smart_status": {"passed": True}, "nvme_smart_health_information_log": {"percentage_used": 3}}
    runner.answers[*_SMARTCTL, "/dev/nvme0n1"] = Completed(0, json.dumps(said).encode(), b"")
    assert host.drives() == (Drive("nvme0n1", "Fast SSD", 0.03),)


@pytest.mark.parametrize("output", [b"", b"{", b"[" * 50_000, b"null", b"\xff"])
def test_a_drive_that_can_not_be_asked_tells_nothing(host, runner, tmp_path, output):
    attribute(tmp_path, "sys/block/sda/device/model", "Old disk")
    assert host.drives() == (Drive("sda", "Old disk"),)
    runner.answers[*_SMARTCTL, "/dev/sda"] = Completed(2, output, b"")
    assert host.drives() == (Drive("sda", "Old disk"),)


def test_without_sysfs_there_are_no_drives(host):
    assert host.drives() == ()


@pytest.mark.parametrize(
    ("said", "worn", "failing"),
    [
        ({"endurance_used": {"current_percent": 12}}, 0.12, False),
        ({"endurance_used": {"current_percent": 130}, "smart_status": {"passed": False}}, 1.3, True),
        ({"endurance_used": 12, "smart_status": "passed"}, None, False),
        ({"nvme_smart_health_information_log": {"percentage_used": "12"}}, None, False),
        ({"nvme_smart_health_information_log": {"percentage_used": True}}, None, False),
        ({"nvme_smart_health_information_log": {"percentage_used": -4e99}}, None, False),
        ([], None, False),
        (None, None, False),
    ],
)
def test_strange_answers_count_as_none(said, worn, failing):
    assert read_smart("sda", "Disk", said) == Drive("sda", "Disk", worn, failing)
