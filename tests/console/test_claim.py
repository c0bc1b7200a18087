# SPDX-License-Identifier: AGPL-3.0-or-later
"""Claiming in the browser: waiting, contest, the minute's end, the code, and those who come second."""

import dataclasses

from appliance.status import Issue, Level


def test_two_browsers_see_that_they_are_two(browser, new_browser, supervisor):
    browser.post("/claim")
    other = new_browser()
    assert "Somebody else is waiting too" in other.post("/claim").text
    assert "Somebody else is waiting too" in browser.get("/claim").text
    supervisor.press()
    assert not supervisor.state.box.claimed


def test_the_minute_ends_in_plain_words_once(browser, supervisor):
    browser.post("/claim")
    supervisor.waiting.clear()
    assert "Nobody pressed the button" in browser.get("/claim").text
    assert "Welcome home" in browser.get("/claim").text


def test_whoever_waited_while_another_claimed_is_told_so(browser, new_browser):
    browser.post("/claim")
    new_browser().post("/claim/code", code="apple-beech-cedar")
    text = browser.get("/claim").text
    assert "Somebody is setting this box up" in text
    assert "Nobody pressed the button" not in text


def test_the_script_sees_the_state(browser, supervisor):
    browser.post("/claim")
    assert browser.client.get("/claim/state").json == {"state": "waiting", "seconds_left": 58}
    supervisor.press()
    assert browser.client.get("/claim/state").json == {"state": "mine", "seconds_left": 0}


def test_without_script_the_waiting_page_loads_itself(browser):
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in browser.post("/claim").text


def test_the_code_claims(browser, supervisor):
    assert browser.post("/claim/code", code=" apple-beech-cedar\n").request.path == "/setup/owner"


def test_a_wrong_code_does_not(browser, supervisor):
    page = browser.post("/claim/code", code="apple")
    assert page.status_code == 403
    assert "That is not the code." in page.text
    assert not supervisor.state.box.claimed
    assert 'value="apple"' in page.text  # to be put right


def test_after_a_wrong_code_the_page_goes_on_waiting_where_it_can_be_loaded_again(browser):
    browser.post("/claim")
    page = browser.post("/claim/code", code="apple").text
    assert 'data-then="/claim"' in page
    assert 'http-equiv="refresh"' not in page


def test_a_second_visitor_is_told_and_may_press_again(browser, new_browser, supervisor):
    browser.claim(supervisor)
    other = new_browser()
    assert "Somebody is setting this box up" in other.get("/").text
    assert other.get("/setup/owner").request.path == "/claim"
    other.claim(supervisor)
    assert other.get("/").request.path == "/setup/owner"
    assert browser.get("/").request.path == "/claim"


def test_with_an_owner_there_is_only_the_login(browser, new_browser, supervisor):
    browser.become_owner(supervisor)
    other = new_browser()
    assert other.get("/claim").request.path == "/login"
    assert other.post("/claim").request.path == "/login"
    assert supervisor.waiting == set()


def test_what_is_broken_is_said_before_somebody_sets_the_box_up(browser, supervisor):
    broken = Issue("data-missing", Level.FAILING, "The box could not use its data.", "Do not set it up again.", "")
    minor = Issue("no-network", Level.ATTENTION, "No network.", "Plug it in.", "")
    supervisor.state = dataclasses.replace(supervisor.state, issues=(broken, minor))
    text = browser.get("/claim").text
    assert "The box could not use its data." in text
    assert "Do not set it up again." in text
    assert "No network." not in text
