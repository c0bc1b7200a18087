# SPDX-License-Identifier: AGPL-3.0-or-later
"""The settings file: durable, migrated, and rescued when damaged."""

import dataclasses
import errno
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import HearthError
from appliance.parse import from_dict, to_dict
from appliance.settings import Erased, Settings, SettingsFile, after_reset
from appliance.system.clock import VirtualClock
from appliance.system.files import VirtualFiles

FULL = Settings(
    box_name="attic",
    claimed_by="a" * 64,
    owner="anna",
    address="friends.example.org",
    address_final=True,
    setup_done=True,
    epoch=7,
)


class Bench:
    def __init__(self, folder):
        self.path = folder / "settings.json"
        self.copy = folder / "settings.last-good.json"
        self.files = VirtualFiles()
        self.file = SettingsFile(self.path, self.files, VirtualClock())


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_a_new_box_has_the_defaults(bench):
    assert bench.file.load().settings == Settings()


def test_what_was_saved_is_loaded(bench):
    bench.file.save(FULL)
    assert bench.file.load().settings == FULL
    assert bench.path.stat().st_mode & 0o777 == 0o600


@given(st.builds(Settings, box_name=st.text(), erased=st.lists(st.builds(Erased)).map(tuple), schema=st.just(1)))
def test_settings_survive_json(settings):
    try:
        settings.box_name.encode()
    except UnicodeEncodeError:
        return
    assert from_dict(Settings, json.loads(json.dumps(to_dict(settings)))) == settings


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"\0" * 4096,
        b"[" * 100_000,
        b'{"schema": "1"}',
        b'{"schema": true}',
        b'{"schema": -1}',
        b'{"schema": 1, "owner": 5}',
        b'{"schema": 1, "colour": "red"}',
    ],
)
def test_a_damaged_file_is_put_aside_and_the_last_good_one_used(bench, damage):
    bench.file.save(FULL)
    bench.path.write_bytes(damage)
    loaded = bench.file.load()
    assert loaded.settings == FULL
    assert loaded.damaged.name == "settings.damaged-20260101T000000Z.json"
    assert loaded.damaged.read_bytes() == damage
    again = bench.file.load()
    assert (again.settings, again.damaged) == (FULL, None)


def test_when_both_are_damaged_the_box_starts_as_new(bench):
    bench.path.write_bytes(b"{")
    bench.copy.write_bytes(b"{")
    loaded = bench.file.load()
    assert loaded.settings == Settings()
    assert loaded.damaged is not None


def test_a_lost_file_is_replaced_by_its_copy(bench):
    bench.file.save(FULL)
    bench.path.unlink()
    assert bench.file.load().settings == FULL


def test_settings_of_a_newer_hearth_stop_the_start_and_stay_as_they_are(bench):
    newer = json.dumps({**to_dict(FULL), "schema": 2, "unheard": "of"}).encode()
    bench.path.write_bytes(newer)
    with pytest.raises(HearthError) as caught:
        bench.file.load()
    assert caught.value.key == "settings-too-new"
    assert bench.path.read_bytes() == newer


def test_old_settings_are_migrated_step_by_step(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"schema": 1, "name": "attic"}))
    migrations = {
        1: lambda old: {"box": old["name"], "owner": None},
        2: lambda old: {"box_name": old["box"], "owner": old["owner"]},
    }
    file = SettingsFile(path, VirtualFiles(), VirtualClock(), schema=3, migrations=migrations)
    assert file.load().settings == Settings(schema=3, box_name="attic")


def test_a_schema_from_nowhere_counts_as_damage(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"schema": 0}')
    assert SettingsFile(path, VirtualFiles(), VirtualClock()).load().damaged is not None


@pytest.mark.parametrize(("number", "key"), [(errno.ENOSPC, "disk-full"), (errno.EROFS, "disk-refused")])
def test_a_disk_that_refuses_changes_nothing(bench, number, key):
    bench.file.save(FULL)
    bench.files.fail_with(number)
    with pytest.raises(HearthError) as caught:
        bench.file.save(dataclasses.replace(FULL, box_name="cellar"))
    assert caught.value.key == key
    bench.files.fail_with(None)
    assert bench.file.load().settings == FULL


def test_a_folder_in_its_place_is_a_clear_error(bench):
    bench.path.mkdir()
    with pytest.raises(HearthError) as caught:
        bench.file.load()
    assert caught.value.key == "state-unreadable"


def test_a_reset_takes_login_and_network_and_keeps_the_name_for_ever():
    reset = after_reset(FULL)
    assert (reset.claimed_by, reset.owner, reset.setup_done) == (None, None, False)
    assert (reset.address, reset.box_name, reset.epoch) == ("friends.example.org", "attic", 8)
    assert after_reset(dataclasses.replace(FULL, address="", address_final=False)).address is None
