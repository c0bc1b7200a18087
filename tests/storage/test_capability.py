# SPDX-License-Identifier: AGPL-3.0-or-later
"""Storage: what is observed of a folder, and what is made of it."""

import dataclasses

import pytest

from appliance.board.model import Disk
from appliance.settings import Erased, Settings
from appliance.status import Level
from appliance.storage.capability import DeleteDamaged, StorageCapability, gigabytes
from appliance.storage.model import Storage
from appliance.system.files import SystemFiles

PLENTY = Storage(20_000_000_000, 32_000_000_000, 1000, 2000, False)


class Board:
    def disks(self):
        return (Disk("sda", "Disk", 10**9),)


@pytest.fixture
def storage(tmp_path):
    return StorageCapability(tmp_path, SystemFiles(), Board())


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
