# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way to the box on the owner's pages: the picture, its page, and the records of an own name."""

import dataclasses

import pytest

from appliance.internet.model import Held
from appliance.status import LinkState, Picture, Stretch, WantedRecord

NAME = "table.example.org"
TAKEN = Picture(
    (
        Stretch("internet", "provider", LinkState.UNKNOWN, "Not looked at before the rest is well."),
        Stretch("provider", "router", LinkState.RED, "Port 443 of the router is used by <nas>."),
        Stretch("router", "box", LinkState.GREEN, "The box is connected to the router."),
    ),
    "Port 443 of the router is used by <nas>.",
    "Log in to your router at http://192.168.1.1/.",
    "port-taken",
    {"router's outer address": "8.8.4.4", "router": "192.168.1.1"},
    (WantedRecord("A", NAME, "8.8.4.4", ("1.0.0.1",), False),),
)


@pytest.fixture
def home(browser, supervisor):
    browser.set_up(supervisor)
    supervisor.state = dataclasses.replace(supervisor.state, way=TAKEN)
    return browser


def test_the_picture_says_by_words_what_it_draws(home):
    page = home.get("/").text
    assert "is broken:</span>" not in page
    assert "is broken: Port 443 of the router is used by &lt;nas&gt;." in page
    assert "works: The box is connected to the router." in page
    assert "is not known: Not looked at" in page
    assert 'href="/way"' in page


def test_its_own_page_has_what_to_do_and_everything_that_is_known(home, supervisor):
    page = home.get("/way").text
    assert "Log in to your router at http://192.168.1.1/." in page
    assert 'href="http://192.168.1.1/"' in page
    assert "8.8.4.4" in page
    assert home.post("/way/again").request.path == "/way"
    assert "looked at the internet" in supervisor.done


def test_a_box_that_was_not_looked_at_yet_has_pages_as_well(home, supervisor):
    supervisor.state = dataclasses.replace(supervisor.state, way=None)
    assert home.get("/").status_code == 200
    assert home.get("/way").status_code == 200


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("", {"headline", "issues", "way", "jobs", "capabilities"}),
        ("?page=way", {"way", "way_details"}),
        ("?page=records", {"records"}),
    ],
)
def test_each_page_lives_by_its_own_parts(home, page, names):
    assert set(home.client.get(f"/now{page}").json) == names


@pytest.mark.parametrize("page", ["nonsense", "../way", ""])
def test_a_page_that_nobody_knows_does_not_live(home, page):
    assert home.client.get("/now", query_string={"page": page}).status_code == 204


def test_what_strangers_call_themselves_becomes_no_link(home, supervisor):
    way = dataclasses.replace(TAKEN, remedy="Take it away from http://evil.example/ <b>.")
    supervisor.state = dataclasses.replace(supervisor.state, way=way)
    page = home.get("/way").text
    assert "http://evil.example/ &lt;b&gt;." in page
    assert 'href="http://evil' not in page


def test_a_name_that_others_look_after_needs_no_records_page(browser, supervisor):
    browser.become_owner(supervisor)
    browser.post("/setup/instance", title="The Table")
    supervisor.box(address=NAME, name_held=Held.DYNAMIC)
    assert browser.get("/setup/records").request.path == "/setup/address"


def test_strangers_see_nothing_of_it(home, new_browser):
    stranger = new_browser()
    for path in ("/now?page=way", "/now?page=records", "/events?page=records"):
        assert stranger.client.get(path).status_code == 204
    assert stranger.get("/way").request.path != "/way"


def test_an_own_name_is_followed_by_the_records_to_make_and_can_be_left_for_later(browser, supervisor, instance):
    browser.become_owner(supervisor)
    browser.post("/setup/instance", title="The Table")
    assert browser.get("/setup/records").request.path == "/setup/address", "no name, no records"
    page = browser.post("/setup/address", where="internet", name=NAME, agreed="yes")
    assert page.request.path == "/setup/records"
    assert "finding out which address" in page.text
    assert browser.client.get("/now?page=way").status_code == 204, "the wizard has only its own part"
    supervisor.state = dataclasses.replace(supervisor.state, way=dataclasses.replace(TAKEN, records=()))
    assert "Before that nobody knows" in browser.get("/setup/records").text
    supervisor.state = dataclasses.replace(supervisor.state, way=TAKEN)
    page = browser.get("/setup/records").text
    assert "not there yet" in page
    assert "What is there now: 1.0.0.1." in page
    there = dataclasses.replace(TAKEN, records=(WantedRecord("A", NAME, "8.8.4.4", ("8.8.4.4",), True),))
    supervisor.state = dataclasses.replace(supervisor.state, way=there)
    assert "Your name leads to your home" in browser.client.get("/now?page=records").json["records"]
    assert browser.get("/setup/review").request.path == "/setup/review"
