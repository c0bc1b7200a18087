# SPDX-License-Identifier: AGPL-3.0-or-later
"""Storage: what is observed of a folder, and what is made of it."""

import dataclasses

import pytest

from appliance.board.host import SystemHost
from appliance.board.model import Disk, Drive
from appliance.health.restart import Restart
from appliance.settings import Erased, Settings
from appliance.status import Level
from appliance.storage.capability import DeleteDamaged, StorageCapability, gigabytes
from appliance.storage.model import Storage
from appliance.system.clock import VirtualClock
from appliance.system.files import SystemFiles
from appliance.system.runner import VirtualRunner

PLENTY = Storage(20_000_000_000, 32_000_000_000, 1000, 2000, False)


class Board:
    restarted = False

    def power_restart(self):
        self.restarted = True

    def disks(self):
        return (Disk("sda", "Disk", 10**9),)


class Host(SystemHost):
    asked = 0

    def drives(self):
        self.asked += 1
        return (Drive("nvme0n1", "SSD", 0.31),)


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def board():
    return Board()


@pytest.fixture
def host():
    return Host(VirtualRunner())


@pytest.fixture
def storage(tmp_path, board, host, clock):
    return StorageCapability(tmp_path, SystemFiles(), board, host, clock)


def test_drives_are_asked_after_a_while_and_then_seldom(storage, host, clock):
    assert storage.observe().drives == ()
    for seconds in (61, 5, 5, 3000):
        clock.advance(seconds)
        assert [drive.worn for drive in storage.observe().drives] == [0.31]
    assert host.asked == 1
    clock.advance(600)
    assert storage.plan(Settings(), storage.observe()).report.facts["worn"] == "31 %"
    assert host.asked == 2


def test_a_restart_is_offered_where_it_mends(storage, board):
    plan = storage.plan(Settings(), dataclasses.replace(PLENTY, read_only=True, errors=3))
    assert [fix.key for finding in plan.findings for fix in finding.fixes] == ["restart-box"] * 2
    assert plan.report.sentence == "The card can no longer be written."
    storage.apply(storage.fix("restart-box"))
    assert board.restarted
    assert storage.fix("restart-box") == Restart()


def test_this_folder_can_be_observed(storage, tmp_path):
    (tmp_path / "settings.damaged-20260101T000000Z.json").write_text("{")
    seen = storage.observe()
    assert 0 < seen.free <= seen.total
    assert not seen.read_only
    assert [disk.name for disk in seen.disks] == ["sda"]
    assert seen.damaged == ("settings.damaged-20260101T000000Z.json",)


def test_deleting_the_damaged_copies_touches_nothing_else(storage, tmp_path):
    (tmp_path / "settings.damaged-20260101T000000Z.json").write_text("{")
    (tmp_path / "settings.json").write_text("{}")
    storage.apply(storage.fix("delete-damaged-settings"))
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]
    assert storage.fix("something-else") is None
    assert isinstance(storage.fix("delete-damaged-settings"), DeleteDamaged)


def test_a_plan_says_how_much_is_free_and_until_when_erased_data_is_kept(storage):
    settings = Settings(erased=(Erased("a", "2026-01-08", True), Erased("b", "2026-01-09", False)))
    plan = storage.plan(settings, PLENTY)
    assert plan.report.level is Level.WELL
    assert plan.report.facts == {"free": "20 GB", "total": "32 GB", "erased_until": "2026-01-08"}


def test_a_full_card_is_the_headline(storage):
    plan = storage.plan(Settings(), dataclasses.replace(PLENTY, free=5))
    assert (plan.report.level, plan.report.sentence) == (Level.FAILING, "The box has no room left.")


@pytest.mark.parametrize(("size", "words"), [(0, "0.0 GB"), (9_940_000_000, "9.9 GB"), (31_900_000_000, "32 GB")])
def test_sizes_in_steps_that_people_read(size, words):
    assert gigabytes(size) == words
