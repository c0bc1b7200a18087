# SPDX-License-Identifier: AGPL-3.0-or-later
"""The three ways to hold a name, in the wizard and in the settings."""

import pytest

from appliance.internet.model import Held
from appliance.internet.providers import PROVIDERS
from appliance.supervisor.protocol import NameHold

NAME = "table.example.org"
DYNAMIC = {"where": "dynamic", "name": NAME, "provider": "desec", "login": "table.dedyn.io", "agreed": "yes"}


@pytest.fixture
def at_the_name(browser, supervisor):
    browser.become_owner(supervisor)
    browser.post("/setup/instance", title="The Garden Table")
    return browser


@pytest.fixture
def home(browser, supervisor):
    browser.set_up(supervisor)
    return browser


def held(supervisor) -> NameHold:
    return next(each for each in reversed(supervisor.done) if isinstance(each, NameHold))


def test_the_page_warns_that_a_borrowed_name_is_somebody_elses(at_the_name):
    page = at_the_name.get("/setup/address")
    assert "A borrowed name belongs to somebody else." in page.text
    for provider in PROVIDERS:
        assert provider.label in page.text


def test_a_name_whose_records_the_box_makes(at_the_name, supervisor):
    at_the_name.post("/setup/address", **DYNAMIC, secret=" a token ")
    asked = held(supervisor)
    assert (asked.held, asked.name, asked.provider, asked.login) == (Held.DYNAMIC, NAME, "desec", "table.dedyn.io")
    assert asked.secret is not None
    assert asked.secret.reveal() == "a token"


def test_under_a_gateway_it_is_the_invitation_that_counts(at_the_name, supervisor):
    at_the_name.post("/setup/address", where="gateway", agreed="yes", secret="x", invitation="the line")
    asked = held(supervisor)
    assert asked.held is Held.GATEWAY
    assert asked.secret is not None
    assert asked.secret.reveal() == "the line"


def test_what_is_missing_stands_at_its_field_and_no_secret_on_the_page(at_the_name, supervisor):
    page = at_the_name.post("/setup/address", **(DYNAMIC | {"login": ""}), secret="sesame-4711")
    assert page.status_code == 422
    assert 'id="f-login-error"' in page.text
    assert "sesame-4711" not in page.text
    assert 'value="desec" selected' in page.text
    assert supervisor.state.box.address is None
    assert at_the_name.post("/setup/address", **(DYNAMIC | {"agreed": ""}), secret="x").status_code == 422
    assert at_the_name.post("/setup/address", **(DYNAMIC | {"where": "nowhere"}), secret="x").status_code == 422


def test_what_was_chosen_is_shown_when_one_comes_back(at_the_name):
    at_the_name.post("/setup/address", **DYNAMIC, secret="x")
    page = at_the_name.get("/setup/address").text
    assert 'value="dynamic" required checked' in page
    assert 'value="desec" selected' in page


def test_who_makes_the_records_may_change_when_the_name_is_final(home, supervisor):
    home.post("/settings/address", where="internet", name=NAME, agreed="yes")
    supervisor.box(address_final=True)
    page = home.get("/settings").text
    assert "for ever" in page
    assert 'name="name"' not in page.partition("/settings/address")[2].partition("</form>")[0]
    home.post("/settings/address", where="dynamic", name="another.example.org", provider="duckdns", secret="x")
    assert (held(supervisor).name, held(supervisor).provider) == (NAME, "duckdns")
    home.post("/settings/address", where="internet")
    assert (held(supervisor).name, held(supervisor).held) == (NAME, Held.OWN)
    assert home.post("/settings/address", where="home").status_code == 422
