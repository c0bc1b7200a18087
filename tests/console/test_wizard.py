# SPDX-License-Identifier: AGPL-3.0-or-later
"""The wizard: one step after another, nothing lost, nothing skipped, nothing done twice."""

import dataclasses

import pytest

PASSWORD = "quiet ember under snow"


def test_the_whole_wizard(browser, supervisor, instance):
    assert "Welcome home" in browser.get().text
    assert "Now press the button" in browser.post("/claim").text
    supervisor.press()
    assert "The box is yours" in browser.get().text
    page = browser.post("/setup/owner", username="@Ada", password=PASSWORD, again=PASSWORD)
    assert "What is your place called?" in page.text
    assert instance.passwords == {"ada": PASSWORD}
    assert "Be kind." in page.text  # sensible rules are offered
    page = browser.post("/setup/instance", title="The Garden Table", description="Ours.", rules="Be kind.\r\nListen.")
    assert "Where shall people find you?" in page.text
    assert instance.texts["rules"] == "Be kind.\nListen."
    page = browser.post("/setup/address", where="home")
    assert "Is this right?" in page.text
    assert "The Garden Table" in page.text
    page = browser.post("/setup/review")
    assert "The Garden Table is open" in page.text
    assert "Get an app" not in page.text  # at home only
    assert "http://127.0.0.1:8082/join/token-1" in browser.post("/invite", back="done").text
    assert browser.get("/qr/server.svg").mimetype == "image/svg+xml"
    assert browser.get("/qr/invite.svg").status_code == 200
    assert "This box belongs to nobody yet." in browser.get("/").text  # the fake's sentence: the dashboard


def test_apps_are_named_once_the_server_has_its_name(browser, supervisor):
    browser.set_up(supervisor)
    supervisor.state = dataclasses.replace(supervisor.state, federating=True, instance_url="https://table.example.org")
    page = browser.get("/setup/done").text
    assert "Get an app and log in" in page
    assert ">table.example.org<" in page
    assert "Tusky" in page


def test_no_app_is_promised_that_a_box_without_encryption_cannot_serve(browser, supervisor):
    browser.set_up(supervisor)
    supervisor.state = dataclasses.replace(supervisor.state, federating=True)
    page = browser.get("/setup/done").text
    assert "Get an app and log in" in page
    assert "Tusky" not in page
    assert ">http://127.0.0.1:8082<" in page


@pytest.mark.parametrize("path", ["/setup/owner", "/setup/instance", "/setup/address", "/setup/review", "/setup/done"])
def test_no_step_is_shown_before_claiming(browser, path):
    assert browser.get(path).request.path == "/claim"


@pytest.mark.parametrize("path", ["/setup/instance", "/setup/address", "/setup/review"])
def test_no_step_is_answered_before_its_time(browser, supervisor, instance, path):
    browser.claim(supervisor)
    page = browser.post(path, title="Skipped", where="home")
    assert page.request.path == "/setup/owner"
    assert "this one comes first" in page.text
    assert instance.texts["title"] == ""
    assert supervisor.done == []


def test_a_second_click_is_harmless(browser, supervisor):
    browser.claim(supervisor)
    for _ in range(2):
        browser.post("/setup/owner", follow_redirects=False, username="ada", password=PASSWORD, again=PASSWORD)
    page = browser.get("/")
    assert page.request.path == "/setup/instance"
    assert supervisor.done == [("owner", "ada")]


def test_a_second_click_from_before_the_first_was_answered_logs_in(browser, new_browser, supervisor, monkeypatch):
    browser.claim(supervisor)
    honest = supervisor.owner_set

    def late(*arguments):
        honest(*arguments)
        from appliance.errors import Refused

        raise Refused("owner-exists", "This box has an owner already.", status=409)

    monkeypatch.setattr(supervisor, "owner_set", late)
    page = browser.post("/setup/owner", username="ada", password=PASSWORD, again=PASSWORD)
    assert page.request.path == "/setup/instance"


def test_the_back_button_leads_to_what_may_be_changed_and_nowhere_else(browser, supervisor, instance):
    browser.become_owner(supervisor)
    browser.post("/setup/instance", title="First", description="", rules="")
    assert browser.get("/setup/instance").request.path == "/setup/instance"
    assert browser.post("/setup/instance", title="Second").request.path == "/setup/address"
    assert instance.texts["title"] == "Second"
    assert browser.get("/setup/owner").request.path == "/setup/address"


def test_finished_means_finished(browser, supervisor, instance):
    browser.set_up(supervisor)
    assert browser.post("/setup/instance", title="Late").request.path == "/setup/done"
    assert browser.post("/setup/review").request.path == "/setup/done"
    assert instance.texts["title"] == "The Garden Table"
    assert supervisor.done.count(("finish", "")) == 1


def test_it_resumes_where_it_was_in_another_browser(browser, new_browser, supervisor):
    browser.become_owner(supervisor)
    browser.post("/setup/instance", title="The Garden Table")
    other = new_browser()
    assert other.get("/setup/address").request.path == "/login"
    assert other.post("/login", username="ada", password=PASSWORD).request.path == "/setup/address"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"username": "ada", "password": "tiny!", "again": "tiny!"}, "shorter than 10"),
        ({"username": "ada", "password": PASSWORD, "again": "another"}, "not the same"),
        ({"username": "admin", "password": PASSWORD, "again": PASSWORD}, "reserved"),
    ],
)
def test_a_wrong_answer_keeps_what_was_typed_but_no_password(browser, supervisor, values, sentence):
    browser.claim(supervisor)
    page = browser.post("/setup/owner", **values)
    assert page.status_code == 422
    assert sentence in page.text
    assert f'value="{values["username"]}"' in page.text
    assert values["password"] not in page.text
    assert 'aria-invalid="true"' in page.text


def test_a_name_for_ever_needs_consent(browser, supervisor, instance):
    browser.become_owner(supervisor)
    browser.post("/setup/instance", title="The Garden Table")
    page = browser.post("/setup/address", where="internet", name="table.example.org")
    assert page.status_code == 422
    assert supervisor.state.box.address is None
    browser.post("/setup/address", where="internet", name="https://Table.Example.org/", agreed="yes")
    assert supervisor.state.box.address == "table.example.org"


def test_instance_errors_stand_at_their_field(browser, supervisor):
    browser.become_owner(supervisor)
    page = browser.post("/setup/instance", title="Name", rules="\n".join(str(n) for n in range(60)))
    assert page.status_code == 422
    assert 'id="f-rules-error"' in page.text
    assert browser.post("/setup/instance", title=" ").status_code == 422


def test_names_are_shown_as_text(browser, supervisor):
    browser.become_owner(supervisor)
    browser.post("/setup/instance", title="<script>alert(1)</script>", description='"><img src=x>', rules="<b>")
    browser.post("/setup/address", where="home")
    for page in (browser.get("/setup/review"), browser.post("/setup/review"), browser.get("/settings")):
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "&lt;script&gt;" in page.text
