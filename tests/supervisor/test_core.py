# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens to the box, and what its status and light then say."""

import dataclasses
import errno

import pytest

from appliance.board.light import Light
from appliance.board.model import Disk, EventKind, Sensors
from appliance.errors import HearthError
from appliance.secret import Secret
from appliance.status import JobState, Level
from appliance.supervisor.protocol import ClaimState, PowerAction
from appliance.system.units import Unit, UnitState

ANNA, BEN = Secret("browser of anna"), Secret("browser of ben")
MANY_NAMES = [f"h{number}.example.org" for number in range(6)]
PASSWORD = Secret("quiet otters paint fences")


@pytest.fixture
def well(box):
    """Owned, set up, and everything looked at."""
    box.client.claim_wait(ANNA)
    box.press()
    box.client.owner_set(ANNA, "anna", PASSWORD)
    box.client.address_choose("")
    box.client.setup_finish()
    box.supervisor.core._capabilities["fediverse"]._instance = Answering()
    box.look()
    return box


class Answering:
    def facts(self):
        from appliance.fediverse.protocol import Facts

        return Facts(members=1, statuses=0, deliveries=0, federating=True, origin="http://127.0.0.1:10403")

    def note_power(self, *, good):
        self.power_is_good = good


def keys(status):
    return [issue.key for issue in status.issues]


def test_it_starts_then_wants_claiming_then_is_well(box):
    assert box.status().light is Light.STARTING
    assert box.look().light is Light.UNCLAIMED
    box.client.claim_wait(ANNA)
    assert box.press().box.claimed


def test_all_is_well(well):
    status = well.status()
    assert (status.level, status.light, status.sentence) == (Level.WELL, Light.WELL, "All is well.")
    assert [each.name for each in status.capabilities] == ["storage", "network", "internet", "health", "fediverse"]
    assert status.instance_answers
    assert status.federating


def test_two_waiting_browsers_learn_of_each_other(box):
    box.client.claim_wait(ANNA)
    box.client.claim_wait(BEN)
    box.press()
    assert box.client.claim_look(ANNA).state is ClaimState.CONTESTED
    assert not box.status().box.claimed


def test_a_lost_cookie_does_not_lock_the_box_while_it_has_no_owner(box):
    box.client.claim_wait(ANNA)
    box.press()
    assert box.client.claim_wait(BEN).state is ClaimState.WAITING
    box.press()
    assert box.client.claim_look(BEN).state is ClaimState.MINE
    assert box.client.claim_look(ANNA).state is ClaimState.TAKEN


@pytest.mark.parametrize(
    ("temperature", "level", "light"),
    [(79.9, Level.WELL, Light.WELL), (80.0, Level.ATTENTION, Light.ATTENTION), (85.0, Level.FAILING, Light.FAILING)],
)
def test_heat(well, temperature, level, light):
    well.board.sense = Sensors(temperature, False, False)
    status = well.look()
    assert (status.level, status.light) == (level, light)


def test_a_press_acknowledges_and_the_light_calms_down_until_the_trouble_comes_back(well):
    well.board.sense = Sensors(82.0, False, False)
    well.look()
    status = well.press()
    assert status.issues[0].acknowledged
    assert not status.box.recovery_open
    assert status.light is Light.WELL
    well.board.sense = Sensors(50.0, False, False)
    assert keys(well.look()) == []
    well.board.sense = Sensors(82.0, False, False)
    assert well.look().light is Light.ATTENTION


def test_an_issue_keeps_the_time_it_began(well):
    well.board.sense = Sensors(82.0, False, False)
    since = well.look().issues[0].since
    well.clock.advance(60)
    assert well.look().issues[0].since == since


def test_the_serial_grows_with_changes_only(well):
    before = well.look().serial
    well.clock.advance(5)
    assert well.look().serial == before
    well.board.sense = Sensors(42.0, True, True)
    assert well.look().serial > before


def test_a_watcher_hears_of_changes_at_once(well):
    stream = well.client.watch()
    first = next(stream)
    well.client.recovery_wait(BEN)
    well.press()
    assert next(stream).serial > first.serial
    stream.close()


def test_a_sensor_that_fails_is_an_issue_and_stops_nothing(well):
    well.board.broken = True
    assert keys(well.look()) == ["health-unobserved"]
    well.board.broken = False
    assert keys(well.look()) == []


def test_a_disk_is_named_and_not_an_alarm(well):
    well.board.plugged = (Disk("sda", "SanDisk Ultra", 64_000_000_000),)
    status = well.look()
    assert keys(status) == ["unknown-disk-sda"]
    assert "SanDisk Ultra" in status.issues[0].sentence
    assert status.light is Light.WELL


def test_a_dead_instance_can_be_started_again(well):
    well.units.state["fediverse"] = Unit(UnitState.FAILED, None, 8)
    status = well.look()
    assert keys(status) == ["instance-down"]
    assert not status.instance_answers
    job = well.client.issue_fix("instance-down", "restart-instance")
    done = well.wait_for(lambda status: any(each.id == job and each.state is JobState.DONE for each in status.jobs))
    assert well.units.did == ["restart fediverse"]
    assert done.jobs[0].name == "Start it again"


@pytest.mark.parametrize(("issue", "fix"), [("instance-down", "restart-instance"), ("hot", "x"), ("", "")])
def test_a_fix_for_what_is_not_there_is_refused(well, issue, fix):
    with pytest.raises(HearthError) as caught:
        well.client.issue_fix(issue, fix)
    assert caught.value.key == "no-such-issue"


def test_an_instance_that_starts_is_given_time(well):
    well.units.state["fediverse"] = Unit(UnitState.STARTING, None, 1)
    assert well.look().level is Level.WORKING
    well.clock.advance(91)
    assert keys(well.look()) == ["instance-down"]


def test_a_full_disk_loses_nothing_and_is_said(well):
    well.files.fail_with(errno.ENOSPC)
    with pytest.raises(HearthError) as caught:
        well.client.settings_set("name", "attic")
    assert caught.value.key == "disk-full"
    status = well.status()
    assert status.box.name == "hearth"
    assert (keys(status), status.light) == (["state-unwritable"], Light.FAILING)
    well.files.fail_with(None)
    well.clock.advance(31)
    assert keys(well.status()) == []


def test_a_press_on_a_read_only_card_still_opens_the_recovery(well):
    well.files.fail_with(errno.EROFS)
    well.board.sense = Sensors(82.0, False, False)
    well.look()
    well.client.recovery_wait(BEN)
    assert well.press().box.recovery_open


def test_a_press_that_opens_the_recovery_shines_and_leaves_the_trouble_loud(well):
    well.board.sense = Sensors(82.0, False, False)
    well.look()
    well.client.recovery_wait(BEN)
    status = well.press()
    assert status.light is Light.RECOVERY
    assert not status.issues[0].acknowledged
    well.clock.advance(301)
    assert well.status().light is Light.ATTENTION


def test_held_for_five_seconds_it_shuts_down(well):
    well.edge(EventKind.BUTTON_DOWN)
    well.clock.advance(6)
    assert well.status().light is Light.HOLD_SHUTDOWN
    well.edge(EventKind.BUTTON_UP)
    assert well.status().light is Light.SHUTTING_DOWN
    well.supervisor.loop.ask(lambda: None)
    for _ in range(100):
        if well.board.power:
            break
        threading_pause()
    assert well.board.power == ["off"]


def threading_pause():
    import threading

    threading.Event().wait(0.01)


def test_a_console_reset_keeps_posts_and_ends_sessions(well):
    epoch = well.status().box.epoch
    well.press(16)
    assert well.status().light is Light.CONFIRM_RESET
    status = well.press(1)
    assert (status.box.owner, status.box.claimed, status.box.setup_done, status.box.address) == (
        None,
        False,
        False,
        None,
    )
    assert status.box.epoch > epoch
    assert not (well.config.secrets / "owner-verifier").exists()
    assert status.light is Light.UNCLAIMED


def test_a_name_given_for_ever_survives_a_reset(well):
    well.client.address_choose("Friends.Example.org.")
    well.press(16)
    assert well.press(1).box.address == "friends.example.org"


def test_restart_by_command(well):
    well.client.power(PowerAction.RESTART)
    for _ in range(100):
        if well.board.power:
            break
        threading_pause()
    assert well.board.power == ["restart"]


@pytest.mark.parametrize(
    "name",
    [
        "hearth",
        "a..b",
        "-a.org",
        "a.local",
        "a.lan",
        "192.0.2.1",
        "1.2",
        "a b.org",
        "bücher.de",
        "https://a.org",
        "x" * 64 + ".org",
    ],
)
def test_what_is_no_name_on_the_internet_is_refused(well, name):
    with pytest.raises(HearthError) as caught:
        well.client.address_choose(name)
    assert caught.value.key == "bad-address"


def test_a_name_is_for_ever(well):
    well.client.address_choose("friends.example.org")
    well.client.address_choose("friends.example.org")
    for other in ("other.example.org", ""):
        with pytest.raises(HearthError) as caught:
            well.client.address_choose(other)
        assert caught.value.key == "address-is-final"


def test_a_slip_of_the_pen_can_be_mended_until_the_set_up_is_finished(box):
    box.client.claim_wait(ANNA)
    box.press()
    box.client.owner_set(ANNA, "anna", PASSWORD)
    for name in ("freinds.example.org", "friends.example.org"):
        box.client.address_choose(name)
    box.client.setup_finish()
    with pytest.raises(HearthError) as caught:
        box.client.address_choose("other.example.org")
    assert caught.value.key == "address-is-final"
    assert (box.client.status().box.address, box.client.status().box.address_final) == ("friends.example.org", True)


def test_steps_can_not_be_skipped(box):
    for call in (lambda: box.client.address_choose(""), box.client.setup_finish):
        with pytest.raises(HearthError) as caught:
            call()
        assert caught.value.key == "set-up-first"


def test_settings_by_key(well):
    well.client.settings_set("name", "  attic   box ")
    assert well.client.settings() == {
        "name": "attic box",
        "address": "",
        "gateway": "",
        "owner": "anna",
        "helpers": "",
        "ports_by_hand": "no",
    }
    assert well.client.settings_get("name") == "attic box"
    for call in (
        lambda: well.client.settings_get("nonsense"),
        lambda: well.client.settings_set("nonsense", "x"),
        lambda: well.client.settings_set("name", ""),
        lambda: well.client.settings_set("name", "x\x00y"),
        lambda: well.client.settings_set("owner", "ben"),
        lambda: well.client.settings_set("gateway", "gw.example.org"),
    ):
        with pytest.raises(HearthError):
            call()


def test_whom_to_ask_is_written_down_however_it_is_typed(well):
    well.client.settings_set("helpers", " Friends.example.org, tea.example.net\nfriends.example.org ")
    assert well.client.settings_get("helpers") == "friends.example.org tea.example.net"
    for names in ("nonsense", "https://friends.example.org/", "box.local", "10.0.0.1", " ".join(MANY_NAMES)):
        with pytest.raises(HearthError) as caught:
            well.client.settings_set("helpers", names)
        assert caught.value.key == "bad-helpers"
    assert well.client.settings_get("helpers") == "friends.example.org tea.example.net"
    well.client.settings_set("ports_by_hand", "Yes")
    assert well.supervisor.core.settings.ports_by_hand
    with pytest.raises(HearthError, match="neither yes nor no"):
        well.client.settings_set("ports_by_hand", "perhaps")
    well.client.settings_set("helpers", "")
    assert well.client.settings_get("helpers") == ""


def test_everything_is_as_before_after_a_restart(well):
    before = well.status().box
    well.restart()
    assert well.status().box == before


def test_logs_come_through_the_supervisor(well):
    assert well.client.logs("fediverse") == [
        {"at": "2026-01-01T00:00:00+00:00", "service": "fediverse", "line": "hello"}
    ]


def test_an_issue_can_be_acknowledged_by_key(well):
    well.board.sense = Sensors(82.0, False, False)
    well.look()
    well.client.issue_acknowledge("hot")
    assert well.status().issues[0].acknowledged
    with pytest.raises(HearthError):
        well.client.issue_acknowledge("nonsense")


def test_a_damaged_settings_file_is_an_issue_until_its_copy_is_deleted(well):
    well.stop()
    well.config.settings_file.write_bytes(b"{ damaged")
    well.start()
    status = well.look()
    assert status.box.owner == "anna"
    assert "settings-damaged" in keys(status)
    job = well.client.issue_fix("settings-damaged", "delete-damaged-settings")
    well.wait_for(lambda status: any(each.id == job and each.state is JobState.DONE for each in status.jobs))
    assert "settings-damaged" not in keys(well.look())


def test_a_second_supervisor_on_the_same_state_is_refused(tmp_path):
    from appliance.system.files import Lock

    held = Lock(tmp_path / "lock")
    with pytest.raises(HearthError) as caught:
        Lock(tmp_path / "lock")
    assert caught.value.key == "state-in-use"
    held.release()
    Lock(tmp_path / "lock").release()


def test_a_button_that_is_unplugged_while_held_asks_for_nothing(well):
    well.edge(EventKind.BUTTON_DOWN)
    well.clock.advance(6)
    assert well.status().light is Light.HOLD_SHUTDOWN
    well.edge(EventKind.BUTTON_LOST)
    assert well.status().light is Light.WELL
    well.edge(EventKind.BUTTON_UP)
    assert well.status().light is Light.WELL
    assert well.board.power == []


def test_the_instance_is_told_while_the_power_supply_is_too_weak(well):
    instance = well.supervisor.core._capabilities["fediverse"]._instance
    assert not hasattr(instance, "power_is_good")
    well.board.sense = dataclasses.replace(well.board.sense, undervoltage=True)
    well.look()
    well.look()
    assert instance.power_is_good is False
    well.board.sense = dataclasses.replace(well.board.sense, undervoltage=False)
    well.clock.advance(60)
    well.look()
    well.look()
    assert instance.power_is_good is True


def test_what_the_instance_keeps_shows(well):
    (report,) = [each for each in well.status().capabilities if each.name == "fediverse"]
    assert report.facts["media_from_elsewhere"] == "0.0 GB of at most 0.0 GB"
    assert report.facts["posts_from_elsewhere"] == "0"
