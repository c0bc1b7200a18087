# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the owner logs in once the box has a name and a certificate."""

import dataclasses

import pytest

from tests.console.conftest import PASSWORD

NAME = "table.example.org"


@pytest.fixture
def named(browser, supervisor):
    browser.set_up(supervisor)
    browser.post("/logout")
    supervisor.box(address=NAME, address_final=True)
    supervisor.state = dataclasses.replace(supervisor.state, federating=True, instance_url=f"https://{NAME}")
    return browser


def test_without_encryption_the_page_leads_to_where_it_is(named):
    page = named.get("/login")
    assert f'href="https://{NAME}:4443/login"' in page.text
    assert f"connect-src https://{NAME}:4443 'self'" in page.headers["Content-Security-Policy"]
    assert "unencrypted" in page.text


def test_nobody_sends_the_password_unencrypted_without_having_been_told(named, supervisor):
    owner = supervisor.state.box.owner
    page = named.post("/login", username=owner, password=PASSWORD)
    assert "Welcome back" in page.text
    assert "Log out" not in page.text
    page = named.post("/login", username=owner, password=PASSWORD, unencrypted="yes")
    assert "Log out" in page.text


def test_under_the_name_there_is_nothing_to_warn_of(named):
    page = named.client.get("/login", base_url=f"https://{NAME}:4443/")
    assert page.status_code == 200
    assert "unencrypted" not in page.text
    here = named.client.get("/login/here", base_url=f"https://{NAME}:4443/")
    assert (here.status_code, here.headers["Access-Control-Allow-Origin"], here.data) == (204, "*", b"")


def test_until_there_is_a_certificate_one_logs_in_here(named, supervisor):
    supervisor.state = dataclasses.replace(supervisor.state, federating=False)
    assert "unencrypted" not in named.get("/login").text
    supervisor.state = dataclasses.replace(supervisor.state, federating=True, instance_url="http://127.0.0.1:8082")
    assert "unencrypted" not in named.get("/login").text
