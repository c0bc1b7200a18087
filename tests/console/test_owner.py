# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the owner does after set-up: log in, look, mend, change, switch off, erase."""

import dataclasses
import json

import pytest

from appliance.board.light import Light
from appliance.status import Fix, Issue, Job, JobState, Level
from appliance.supervisor.protocol import PowerAction

PASSWORD = "quiet ember under snow"
NEW = "seven slow herons wade"


@pytest.fixture
def home(browser, supervisor):
    browser.set_up(supervisor)
    browser.get("/")
    return browser


def test_log_out_and_in(home, supervisor):
    assert home.post("/logout").request.path == "/login"
    assert home.get("/settings").request.path == "/login"
    page = home.post("/login", username="ada", password="wrong")
    assert page.status_code == 401
    assert "wrong" in page.text
    assert home.post("/login", username="@Ada", password=PASSWORD).request.path == "/"


def test_a_throttled_login_says_so(home, supervisor, monkeypatch):
    from appliance.errors import Refused

    def throttled(*_):
        raise Refused("too-many-tries", "Too many wrong tries.", "Wait a minute.", status=429)

    home.post("/logout")
    monkeypatch.setattr(supervisor, "owner_login", throttled)
    page = home.post("/login", username="ada", password="x")
    assert page.status_code == 429
    assert "Wait a minute." in page.text


def test_change_of_password(home, supervisor, instance):
    assert "wrong" in home.post("/settings/password", old="no", new=NEW, again=NEW).text
    assert "shorter" in home.post("/settings/password", old=PASSWORD, new="tiny", again="tiny").text
    page = home.post("/settings/password", old=PASSWORD, new=NEW, again=NEW)
    assert page.request.path == "/settings"
    assert "holds for the box and for your account" in page.text
    assert instance.passwords["ada"] == NEW


def test_a_sleeping_instance_is_mentioned_when_the_password_changes(home, instance):
    instance.down = True
    page = home.post("/settings/password", old=PASSWORD, new=NEW, again=NEW)
    assert "still has the old one" in page.text


def test_whom_to_ask_from_outside(home):
    saved = home.post("/settings/helpers", helpers="friends.example.org\ntea.example.net")
    assert "The box knows whom to ask." in saved.text
    assert "friends.example.org\ntea.example.net</textarea>" in home.get("/settings").text
    wrong = home.post("/settings/helpers", helpers="http://nonsense")
    assert wrong.status_code == 422
    assert "That is not the name of a server." in wrong.text
    assert "http://nonsense</textarea>" in wrong.text


def test_settings_of_server_and_box(home, supervisor, instance):
    home.post("/settings/server", title="New", description="d", rules="r", registration="open")
    assert instance.texts["title"] == "New"
    assert instance.texts["registration"] == "open"
    page = home.post("/settings/server", title="Newer", rules="\n".join(map(str, range(60))), registration="open")
    assert page.status_code == 422
    assert 'id="f-rules-error"' in page.text
    home.post("/settings/box", box_name="<i>Ember</i>")
    assert "&lt;i&gt;Ember&lt;/i&gt;" in home.get("/").text
    assert home.post("/settings/box", box_name=" ").status_code == 422


def test_a_name_may_come_later(home, supervisor):
    assert home.post("/settings/address", name="table.example.org").status_code == 422
    assert "for ever" in home.post("/settings/address", name="table.example.org", agreed="yes").text
    assert supervisor.state.box.address == "table.example.org"


def test_issues_jobs_and_their_buttons(home, supervisor):
    supervisor.state = dataclasses.replace(
        supervisor.state,
        level=Level.FAILING,
        light=Light.FAILING,
        sentence="The disk is full.",
        issues=(
            Issue("disk", Level.FAILING, "The disk is full.", "Make room.", "2026-01-01", fixes=(Fix("go", "Clear"),)),
        ),
        jobs=(Job("j1", "Moving <data>", JobState.RUNNING, 0.4, "", "2026-01-01", cancellable=True),),
    )
    page = home.get("/").text
    assert "Make room." in page
    assert 'value="0.4"' in page
    assert "Moving &lt;data&gt;" in page
    home.post("/issues/fix", issue="disk", fix="go")
    home.post("/issues/acknowledge", key="disk")
    home.post("/jobs/cancel", job="j1")
    assert supervisor.done[-3:] == [("fix", "disk", "go"), ("acknowledge", "disk"), ("cancel", "j1")]


def test_status_is_streamed(home, supervisor):
    stream = home.client.get("/events")
    assert stream.mimetype == "text/event-stream"
    data = next(line for line in stream.text.splitlines() if line.startswith("data: "))
    assert supervisor.state.sentence in json.loads(data[6:])["headline"]
    assert "headline" in home.client.get("/now").json


def test_streams_are_few_and_end(home, app, clock):
    activity = app.extensions["hearth-console"].activity
    for _ in range(3):
        assert activity.begin_stream()
    stream = home.client.get("/events", buffered=False)
    clock.advance(1000)
    assert activity.idle_seconds() == 0
    assert home.client.get("/events").status_code == 204
    stream.close()
    assert activity.begin_stream()


def test_idle_is_counted_from_the_last_request(home, app, clock):
    clock.advance(200)
    activity = app.extensions["hearth-console"].activity
    assert activity.idle_seconds() == 200
    home.get("/")
    assert activity.idle_seconds() == 0


def test_strangers_see_and_do_nothing(home, new_browser, supervisor):
    stranger = new_browser()
    for path in ("/", "/settings", "/erase", "/setup/done", "/setup/review"):
        assert stranger.get(path).request.path == "/login"
    done = list(supervisor.done)
    for path in ("/power", "/erase", "/erase/undo", "/invite", "/issues/fix", "/settings/box", "/settings/server"):
        assert stranger.post(path, sentence="erase hearth", action="off", name="x").request.path == "/login"
    assert supervisor.done == done
    assert stranger.client.get("/qr/server.svg").status_code == 404
    assert stranger.client.get("/now").status_code == 204


def test_power(home, supervisor):
    assert "shutting down" in home.post("/power", action="off").text
    home.get("/settings")
    assert "restarting" in home.post("/power", action="restart").text
    assert supervisor.done[-2:] == [("power", PowerAction.OFF), ("power", PowerAction.RESTART)]


@pytest.mark.parametrize("action", ["", "explode"])
def test_power_does_nothing_it_was_not_asked_for(home, supervisor, action):
    assert home.post("/power", action=action).status_code == 422
    assert ("power", PowerAction.RESTART) not in supervisor.done


def test_erasing_must_be_spelled_out(home, supervisor):
    assert "seven days" in home.get("/erase").text
    assert home.post("/erase", sentence="erase everything").status_code == 422
    assert "put aside" in home.post("/erase", sentence="erase  hearth").text
    assert supervisor.done[-1] == ("erase", "erase hearth")
    assert home.get("/").request.path == "/login"


def test_what_was_erased_can_be_had_back_by_the_next_claimant(browser, new_browser, supervisor):
    storage = dataclasses.replace(supervisor.state.capabilities[0], facts={"erased_until": "2026-01-08T00:00:00+00:00"})
    supervisor.state = dataclasses.replace(supervisor.state, capabilities=(storage,))
    assert "Bring it back" not in browser.get("/").text
    assert browser.post("/erase/undo").request.path == "/claim"
    browser.claim(supervisor)
    assert "Bring it back" in browser.get("/").text
    assert "Everything is back" in browser.post("/erase/undo").text
    assert supervisor.done == [("undo", "")]
