# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers on the card, taken by a whole supervisor: what happens, what is said, and that nothing secret stays."""

import pytest

from appliance.errors import BadInput, Unavailable
from appliance.secret import Secret
from appliance.status import JobState
from appliance.supervisor import card
from appliance.supervisor.card_reader import JOB, PATIENCE
from tests.supervisor.test_card import filled
from tests.supervisor.test_preseed import SECRET, WIFI, WIZARD
from tests.supervisor.test_ssh_keys import make_key


class Instance:
    """The other part that the wizard asks."""

    def __init__(self):
        self.late = 0
        self.texts = {}
        self.members = []

    def get_all(self):
        if self.late:
            self.late -= 1
            raise Unavailable("not-answering", "The instance does not answer.")
        return dict(self.texts)

    def set(self, key, value):
        self.texts[key] = value

    def add_member(self, username, password=None, role=None):
        if username == "admin":
            raise BadInput("This name is taken.")
        self.members.append(username)


@pytest.fixture
def instance():
    return Instance()


@pytest.fixture
def started(unstarted, instance):
    """Starts the box with this on its card, and waits until it is read. Answers what stands there then."""

    def start(answers):
        unstarted.start()
        path = unstarted.config.card_file
        path.write_bytes(filled(answers, path.read_bytes()))
        return again()

    def again():
        unstarted.restart()
        supervisor = unstarted.supervisor
        supervisor._reader._instance = instance
        supervisor.loop.ask(supervisor._read_card)
        unstarted.wait_for(lambda status: status.jobs and all(job.state is not JobState.RUNNING for job in status.jobs))
        return unstarted.config.card_file.read_bytes()

    start.again = again
    return start


def test_a_card_can_set_up_everything(started, unstarted, instance):
    content = started(f'{WIFI}{WIZARD}[box]\nname = "attic"\nssh_key = "{make_key()}"\n')
    box = unstarted.status().box
    assert (box.name, box.owner, box.setup_done, box.address) == ("attic", "anna", True, "")
    assert [(each.ssid, each.country) for each in unstarted.wifi.remembered.values()] == [("At home", "DE")]
    assert unstarted.supervisor.core.settings.wifi_country == "DE"
    assert instance.texts["title"] == "Friends"
    assert instance.members == ["anna"]
    assert len(unstarted.client.ssh_keys()) == 1
    unstarted.client.owner_login("anna", Secret(SECRET), "192.0.2.1")
    assert SECRET.encode() not in content
    assert card.pending(content) is None
    assert card.said(content)[-1] == "Your answers were removed from the card."


def test_what_was_said_stays_and_nothing_is_taken_twice(started, unstarted):
    content = started(WIFI)
    unstarted.restart()
    assert unstarted.supervisor._answers is None
    assert unstarted.config.card_file.read_bytes() == content


def test_a_mistake_is_written_back_and_the_rest_is_kept_to_be_corrected(started, unstarted):
    content = started(WIFI.replace("country", "land"))
    said = card.said(content)
    assert said[0].startswith("wifi.land is not known here.")
    assert card.pending(content) == WIFI.replace("country", "land")
    assert not unstarted.wifi.remembered
    assert [(job.name, job.state) for job in unstarted.status().jobs] == [(JOB, JobState.FAILED)]
    unstarted.config.card_file.write_bytes(content.replace(b"land", b"country"))
    content = started.again()
    assert card.said(content)[0] == "The Wi-Fi is set up."
    assert SECRET.encode() not in content


def test_what_the_wizard_refuses_is_said_with_what_was_done_before(started, unstarted):
    content = started(WIFI + WIZARD.replace("anna", "admin"))
    assert card.said(content)[0] == "The Wi-Fi is set up."
    assert card.said(content)[1].startswith("This name is taken.")
    assert unstarted.status().box.owner is None
    assert card.pending(content) is not None


def test_a_box_that_is_set_up_is_not_set_up_again(started, unstarted):
    started(WIZARD)
    path = unstarted.config.card_file
    path.write_bytes(filled(WIZARD.replace("anna", "eve").replace(SECRET, "another long password"), path.read_bytes()))
    content = started.again()
    assert unstarted.status().box.owner == "anna"
    assert card.said(content)[0] == "The box was set up already."


def test_a_server_that_starts_late_is_waited_for(started, instance):
    instance.late = 5
    assert card.pending(started(WIZARD)) is None


def test_a_server_that_never_starts_leaves_the_answers_for_next_time(started, instance, unstarted):
    instance.late = 10 * int(PATIENCE)
    content = started(WIZARD)
    assert "tries again" in card.said(content)[0]
    instance.late = 0
    assert card.pending(started.again()) is None
    assert unstarted.status().box.setup_done


def test_a_radio_that_nobody_looks_after_yet_is_waited_for(started, unstarted, monkeypatch):
    """NetworkManager and the supervisor start side by side, and either may be first."""
    away = [Unavailable("bus-away", "The system does not answer.")] * 3
    join = unstarted.wifi.join
    monkeypatch.setattr(unstarted.wifi, "join", lambda network: _raise(away.pop()) if away else join(network))
    content = started(WIFI)
    assert card.said(content)[0] == "The Wi-Fi is set up."
    assert list(unstarted.wifi.remembered) == ["At home"]
    assert card.pending(content) is None


def test_a_radio_that_nobody_ever_looks_after_leaves_the_answers_for_next_time(started, unstarted, monkeypatch):
    away = Unavailable("bus-away", "The system does not answer.")
    monkeypatch.setattr(unstarted.wifi, "join", lambda network: _raise(away))
    content = started(WIFI)
    assert card.said(content) == (
        "What looks after the Wi-Fi did not start. The box tries again when it starts next time.",
    )
    assert card.pending(content) == WIFI


def _raise(error):
    raise error
