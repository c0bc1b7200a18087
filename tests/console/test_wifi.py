# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page on which a box without a cable is told its Wi-Fi, and what is offered over the open hotspot: no more."""

import dataclasses
import functools

import pytest

from appliance.supervisor.protocol import Nearby, WifiNetwork
from tests.console.conftest import PASSWORD, Browser

HOME = {"network": "=Our home", "password": "otters and fences", "country": "gb"}


class Phone(Browser):
    """In the box's own Wi-Fi."""

    def __init__(self, app) -> None:
        super().__init__(app.test_client())
        self.client.environ_base["REMOTE_ADDR"] = "10.42.0.77"
        self.client.open = functools.partial(self.client.open, base_url="http://10.42.0.1")


@pytest.fixture
def phone(app, supervisor) -> Phone:
    supervisor.hotspot("Hearth-1A2B")
    supervisor.wifi = dataclasses.replace(
        supervisor.wifi, nearby=(Nearby("Our home", 80, True), Nearby("Café <b>", 30, False))
    )
    return Phone(app)


def joined(supervisor) -> list[WifiNetwork]:
    return [each for each in supervisor.done if isinstance(each, WifiNetwork)]


@pytest.mark.parametrize("host", ["captive.apple.com", "connectivitycheck.gstatic.com", "hearth.local", "x"])
def test_whatever_a_phone_looks_for_leads_to_the_box(phone, host):
    answer = phone.client.get("/generate_204", base_url=f"http://{host}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://10.42.0.1/")
    assert "used" not in phone.client.application.extensions["hearth-console"].supervisor.done


def test_at_home_other_names_are_refused_as_ever(phone, browser):
    assert browser.client.get("/", base_url="http://captive.apple.com").status_code == 421


def test_without_a_hotspot_such_an_address_is_an_ordinary_one(phone, supervisor):
    supervisor.hotspot("")
    assert phone.client.get("/", base_url="http://captive.apple.com").status_code == 421


def test_claiming_leads_to_the_choice_and_to_nothing_else(phone, supervisor):
    page = phone.get()
    assert page.request.path == "/claim"
    assert "whoever listens nearby" in page.text
    assert phone.get("/wifi").request.path == "/claim"
    phone.claim(supervisor)
    page = phone.get()
    assert page.request.path == "/wifi"
    assert "Our home" in page.text
    assert "Caf\u00e9 &lt;b&gt;" in page.text
    for path in ("/setup/owner", "/settings", "/setup/done"):
        assert phone.get(path).request.path == "/wifi"


def test_a_page_keeps_the_hotspot_open(phone, supervisor):
    phone.get()
    assert "used" in supervisor.done


def test_a_choice_is_sent_and_the_page_says_how_to_go_on(phone, supervisor):
    phone.claim(supervisor)
    page = phone.post("/wifi", **HOME)
    assert page.status_code == 200
    assert "http://hearth.local:8080" in page.text
    assert "disappears" in page.text
    assert "otters" not in page.text
    (network,) = joined(supervisor)
    assert (network.ssid, network.country, network.hidden) == ("Our home", "GB", False)
    assert network.password.reveal() == "otters and fences"


def test_a_hidden_and_an_open_network(phone, supervisor):
    phone.claim(supervisor)
    phone.post("/wifi", network="other", ssid="Attic", password="", country="CH")
    assert joined(supervisor) == [WifiNetwork("Attic", "CH", None, hidden=True)]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"password": "short"}, "password"), ({"country": "Germany"}, "country"), ({"network": "other"}, "ssid")],
)
def test_what_is_wrong_is_said_at_its_field_and_kept_but_for_the_password(phone, supervisor, change, field):
    phone.claim(supervisor)
    page = phone.post("/wifi", **(HOME | change))
    assert page.status_code == 422
    assert f'id="f-{field}-error"' in page.text
    assert joined(supervisor) == []
    assert "short" not in page.text
    assert "otters" not in page.text


def test_after_a_wrong_password_the_page_says_so_and_remembers_the_choice(phone, supervisor):
    phone.claim(supervisor)
    supervisor.wifi = dataclasses.replace(supervisor.wifi, tried="Caf\u00e9 <b>", failure="The password is wrong.")
    page = phone.get("/wifi").text
    assert "did not get into" in page
    assert "The password is wrong." in page
    assert 'value="=Caf\u00e9 &lt;b&gt;" required aria-describedby="f-network-2-hint" checked' in page


def test_the_country_is_guessed_by_the_browser(phone, supervisor):
    phone.claim(supervisor)
    page = phone.client.get("/wifi", headers={"Accept-Language": "fr;q=0.5, de-CH"}).text
    assert 'name="country" type="text" value="CH"' in page


def test_the_owner_logs_in_over_it_and_gets_the_same_page(phone, browser, supervisor):
    browser.set_up(supervisor)
    assert phone.get("/wifi").request.path == "/login"
    assert phone.post("/login", username="ada", password=PASSWORD).request.path == "/wifi"


def test_at_home_nobody_needs_that_page(browser, supervisor):
    browser.set_up(supervisor)
    assert browser.get("/wifi").request.path == "/"


def test_the_owner_adds_and_forgets_networks(browser, supervisor):
    browser.set_up(supervisor)
    assert "No network." in browser.get("/settings/wifi").text
    page = browser.post("/settings/wifi", **HOME).text
    assert "The box knows this Wi-Fi now" in page
    assert "Forget" in page
    page = browser.post("/settings/wifi/forget", ssid="Our home").text
    assert "is forgotten" in page
    assert "does not know" in browser.post("/settings/wifi/forget", ssid="Our home").text
    assert browser.post("/settings/wifi", **(HOME | {"password": "x"})).status_code == 422


def test_strangers_neither_see_nor_change_networks(browser, new_browser, supervisor):
    browser.set_up(supervisor)
    stranger = new_browser()
    assert stranger.get("/settings/wifi").request.path == "/login"
    stranger.post("/settings/wifi", **HOME)
    stranger.post("/wifi", **HOME)
    assert joined(supervisor) == []
