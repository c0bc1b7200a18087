# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forgot the password: waiting, contest, the minute's end, the press and the code, and a guest who tries it too."""

import unicodedata

import pytest

from tests.console.conftest import PASSWORD

NEW = "seven slow herons wade"


@pytest.fixture
def home(browser, supervisor):
    browser.set_up(supervisor)
    return browser


@pytest.fixture
def owner(home, new_browser):
    """Another browser of hers, that isn't logged in."""
    other = new_browser()
    other.get("/recovery")
    return other


@pytest.fixture
def guest(home, new_browser):
    other = new_browser()
    other.get("/recovery")
    return other


def test_a_press_opens_it_for_the_browser_that_waits(home, owner, supervisor, instance):
    assert "Forgot your password?" in owner.page.text
    assert owner.post("/recovery", new=NEW, again=NEW).status_code == 403
    assert supervisor.password == PASSWORD
    assert "Now press the button on the box" in owner.post("/recovery/wait").text
    supervisor.press()
    page = owner.get("/recovery")
    assert "Choose a new password" in page.text
    assert "in this browser alone" in page.text
    assert owner.post("/recovery", new=NEW, again="else").status_code == 422
    assert "shorter" in owner.post("/recovery", new="tiny", again="tiny").text
    assert owner.post("/recovery", new=NEW, again=NEW).request.path == "/"
    assert (supervisor.password, instance.passwords["ada"]) == (NEW, NEW)
    assert home.get("/").request.path == "/login"


def test_a_guest_who_polls_the_page_gets_nothing(owner, guest, supervisor, instance):
    owner.post("/recovery/wait")
    for _ in range(5):
        assert 'name="new"' not in guest.get("/recovery").text
        assert guest.client.get("/recovery/state").json["state"] == "free"
    supervisor.press()
    page = guest.get("/recovery")
    assert "Somebody is choosing a new password" in page.text
    assert 'name="new"' not in page.text
    assert guest.post("/recovery", new=NEW, again=NEW).status_code == 403
    assert (supervisor.password, instance.passwords["ada"]) == (PASSWORD, PASSWORD)
    assert guest.get("/").request.path == "/login"
    assert 'name="new"' in owner.get("/recovery").text


def test_with_nobody_waiting_a_press_opens_nothing(guest, supervisor):
    supervisor.press()
    assert "Forgot your password?" in guest.get("/recovery").text
    assert not supervisor.state.box.recovery_open


def test_two_browsers_see_that_they_are_two(owner, guest, supervisor):
    owner.post("/recovery/wait")
    assert "Somebody else is waiting too" in guest.post("/recovery/wait").text
    assert "Somebody else is waiting too" in owner.get("/recovery").text
    supervisor.press()
    for each in (owner, guest):
        assert 'name="new"' not in each.get("/recovery").text


def test_the_minute_ends_in_plain_words_once(owner, supervisor):
    owner.post("/recovery/wait")
    supervisor.waiting.clear()
    assert "Nobody pressed the button" in owner.get("/recovery").text
    assert "Forgot your password?" in owner.get("/recovery").text


def test_waiting_for_one_thing_is_not_waiting_for_the_other(new_browser, browser, supervisor):
    other = new_browser()
    other.post("/claim")
    supervisor.waiting.clear()
    browser.set_up(supervisor)
    assert "Nobody pressed" not in other.get("/recovery").text


def test_the_script_sees_the_state_and_without_it_the_page_loads_itself(owner, supervisor):
    text = owner.post("/recovery/wait").text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in text
    assert 'data-waiting="/recovery/state"' in text
    assert owner.client.get("/recovery/state").json == {"state": "waiting", "seconds_left": 58}
    supervisor.press()
    assert owner.client.get("/recovery/state").json == {"state": "mine", "seconds_left": 0}
    assert "noscript" not in owner.get("/recovery").text


def test_the_code_opens_it_for_who_typed_it(owner, guest, supervisor):
    assert "That is not the code." in owner.post("/recovery/code", code="x").text
    assert not supervisor.state.box.recovery_open
    assert "Choose a new password" in owner.post("/recovery/code", code="apple-beech-cedar").text
    assert 'name="new"' not in guest.get("/recovery").text
    assert guest.post("/recovery", new=NEW, again=NEW).status_code == 403


def test_what_a_guest_types_for_a_code_is_not_put_in_order_however_long_it_is(guest, monkeypatch):
    """Nobody need log in for it, and many marks on one letter take very long."""
    ordered = []
    real = unicodedata.normalize
    monkeypatch.setattr(unicodedata, "normalize", lambda form, text: ordered.append(len(text)) or real(form, text))
    answer = guest.post("/recovery", new=NEW, again="else", code="a" + "\u0301\u0316" * 5000)
    assert "longer than 200" in answer.text
    assert max(ordered, default=0) <= 800


def test_the_login_page_does_not_tell_who_may_choose(owner, guest, supervisor):
    before = guest.get("/login").text
    owner.post("/recovery/wait")
    supervisor.press()
    assert guest.get("/login").text == before


def test_without_an_owner_there_is_nothing_to_recover(browser, supervisor):
    for path in ("/recovery", "/recovery/state"):
        assert browser.get(path).request.path == "/claim"
    assert browser.post("/recovery/wait").request.path == "/claim"
    assert supervisor.waiting == set()
