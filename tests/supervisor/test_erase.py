# SPDX-License-Identifier: AGPL-3.0-or-later
"""Erasing everything: put aside, brought back, gone after seven days, and power cuts in between."""

import dataclasses
import errno
import threading

import pytest

from appliance.errors import HearthError
from appliance.health.power import CALM_SECONDS, TOO_WEAK
from appliance.internet.model import Stage
from appliance.secret import Secret
from appliance.settings import Erased, SettingsFile
from appliance.status import JobState
from appliance.system.caddy import Site

ANNA = Secret("browser of anna")
PASSWORD = Secret("quiet otters paint fences")
DAY = 24 * 3600


@pytest.fixture
def full(box):
    """Owned, with posts."""
    box.client.claim_wait(ANNA)
    box.press()
    box.client.owner_set(ANNA, "anna", PASSWORD)
    box.client.address_choose("friends.example.org")
    box.client.settings_set("name", "attic")
    box.client.setup_finish()
    box.config.fediverse_state.mkdir()
    (box.config.fediverse_state / "posts").write_text("everything")
    return box


def erase(box):
    job = box.client.erase(f"erase {box.status().box.name}")
    status = box.wait_for(
        lambda status: any(each.id == job and each.state is not JobState.RUNNING for each in status.jobs)
    )
    return next(each for each in status.jobs if each.id == job)


def posts(box):
    path = box.config.fediverse_state / "posts"
    return path.read_text() if path.exists() else None


def kept(box):
    return sorted(path for path in box.config.state.iterdir() if path.name.startswith("erased-"))


def key_of(call, *arguments):
    with pytest.raises(HearthError) as caught:
        call(*arguments)
    return caught.value.key


@pytest.mark.parametrize("sentence", ["", "erase", "erase hearth", "Erase attic", "erase attic!"])
def test_only_the_spelled_out_sentence_erases(full, sentence):
    assert key_of(full.client.erase, sentence) == "wrong-sentence"
    assert posts(full) == "everything"


def test_the_box_is_as_new_and_the_data_is_put_aside(full):
    before = full.status().box
    full.front.arrange(Site("friends.example.org", Stage.REAL))
    assert full.front.certificate().stage is Stage.REAL
    assert erase(full).state is JobState.DONE
    assert (full.front.arranged(), full.front.certificate().stage) == (None, Stage.NONE)
    after = full.status().box
    assert (after.owner, after.claimed, after.address, after.name, after.setup_done) == (
        None,
        False,
        None,
        "hearth",
        False,
    )
    assert after.epoch > before.epoch
    assert posts(full) is None
    assert full.config.fediverse_state.is_dir()
    assert (kept(full)[0] / "fediverse" / "posts").read_text() == "everything"
    assert full.units.did == ["stop fediverse", "start fediverse"]
    assert not (full.config.secrets / "owner-verifier").exists()


def test_a_web_server_that_does_not_answer_keeps_nobody_from_erasing(full):
    def fail():
        raise HearthError("command-failed", "It does not answer.")

    full.supervisor.erasing._forget_name = fail
    assert erase(full).state is JobState.DONE
    assert full.status().box.owner is None


def test_it_can_be_undone_with_login_and_name(full):
    erase(full)
    full.client.erase_undo()
    box = full.status().box
    assert (box.owner, box.address, box.name, box.setup_done) == ("anna", "friends.example.org", "attic", True)
    assert posts(full) == "everything"
    full.client.owner_login("anna", PASSWORD, "192.0.2.1")


def test_the_owner_s_secrets_go_and_come_with_the_data(full):
    held = {"name": "token of a name server", "gateway-invitation": "come in", "gateway-token": "it is me"}
    for name, secret in held.items():
        (full.config.secrets / name).write_text(secret)
    erase(full)
    assert [name for name in held if (full.config.secrets / name).exists()] == []
    full.clock.advance(60)
    full.client.erase_undo()
    assert {name: (full.config.secrets / name).read_text().strip() for name in held} == held


def test_what_was_written_meanwhile_is_put_aside_and_not_lost(full):
    erase(full)
    (full.config.fediverse_state / "posts").write_text("new ones")
    full.clock.advance(60)
    full.client.erase_undo()
    assert posts(full) == "everything"
    full.clock.advance(60)
    full.client.erase_undo()
    assert posts(full) == "new ones"


def test_the_last_erased_comes_back_first(full):
    erase(full)
    (full.config.fediverse_state / "posts").write_text("second")
    full.clock.advance(60)
    erase(full)
    full.clock.advance(60)
    full.client.erase_undo()
    assert posts(full) == "second"


def test_without_anything_erased_there_is_nothing_to_undo(full):
    assert key_of(full.client.erase_undo) == "no-erased"
    assert posts(full) == "everything"


def test_it_is_deleted_after_seven_days_and_not_before(full):
    erase(full)
    full.clock.advance(7 * DAY - 60)
    full.status()
    assert [job.name for job in full.status().jobs] == ["Erase everything"]
    assert len(kept(full)) == 1
    full.clock.advance(120)
    full.status()
    full.wait_for(
        lambda status: any(each.name == "Delete erased data" and each.state is JobState.DONE for each in status.jobs)
    )
    assert kept(full) == []
    assert key_of(full.client.erase_undo) == "no-erased"


def test_deleting_waits_while_the_power_supply_is_too_weak(full, monkeypatch):
    erase(full)
    strong = threading.Event()
    monkeypatch.setattr(full.clock, "sleep", lambda seconds: strong.wait(10))
    full.clock.advance(7 * DAY - 10)
    full.board.sense = dataclasses.replace(full.board.sense, undervoltage=True)
    full.look()
    full.clock.advance(15)
    full.status()
    status = full.wait_for(lambda status: any(job.sentence == TOO_WEAK for job in status.jobs))
    assert "undervoltage" in {issue.key for issue in status.issues}
    assert len(kept(full)) == 1
    full.board.sense = dataclasses.replace(full.board.sense, undervoltage=False)
    full.look()
    full.clock.advance(CALM_SECONDS + 1)
    strong.set()
    full.wait_for(lambda status: any(job.sentence == "The erased data is gone." for job in status.jobs))
    assert kept(full) == []


def test_nothing_is_old_enough_while_the_clock_is_not_trusted(full):
    erase(full)
    full.clock.is_trusted = False
    full.clock.advance(400 * DAY)
    full.status()
    assert [job.name for job in full.status().jobs] == ["Erase everything"]
    assert len(kept(full)) == 1


def test_a_full_disk_erases_nothing(full):
    full.files.fail_with(errno.ENOSPC)
    assert key_of(full.client.erase, "erase attic") == "disk-full"
    full.files.fail_with(None)
    assert full.status().box.owner == "anna"
    assert erase(full).state is JobState.DONE


def decided(box):
    """The settings as they are in the middle of erasing."""
    box.stop()
    file = SettingsFile(box.config.settings_file, box.files, box.clock)
    settings = file.load().settings
    file.save(dataclasses.replace(settings, erased=(Erased("erased-x", "2026-01-08T00:00:00+00:00"),)))


@pytest.mark.parametrize("moved", [False, True])
def test_a_power_cut_in_between_is_made_good_at_the_next_start(full, moved):
    decided(full)
    if moved:
        (full.config.state / "erased-x").mkdir()
        full.config.fediverse_state.rename(full.config.state / "erased-x" / "fediverse")
    full.start()
    status = full.wait_for(lambda status: status.box.owner is None)
    assert not status.box.claimed
    assert posts(full) is None
    assert (full.config.state / "erased-x" / "fediverse" / "posts").read_text() == "everything"
    full.wait_for(lambda status: all(job.state is not JobState.RUNNING for job in status.jobs))
    full.client.erase_undo()
    assert posts(full) == "everything"


def test_what_failed_does_not_happen_unasked_at_the_next_start(full):
    full.units.fail_on = "stop fediverse"
    assert erase(full).state is JobState.FAILED
    full.restart()
    assert full.status().box.owner == "anna"
    assert posts(full) == "everything"
    assert kept(full) == []


def test_an_undo_that_fails_leaves_both_as_they_were(full):
    erase(full)
    (full.config.fediverse_state / "posts").write_text("new ones")
    full.units.fail_on = "stop fediverse"
    assert key_of(full.client.erase_undo) == "stuck"
    assert posts(full) == "new ones"
    full.restart()
    assert posts(full) == "new ones"
    full.client.erase_undo()
    assert posts(full) == "everything"


def test_the_status_says_until_when_it_is_kept_without_another_look(full):
    full.look()
    erase(full)
    storage = next(each for each in full.client.status().capabilities if each.name == "storage")
    assert storage.facts["erased_until"].startswith("2026-01-08")
