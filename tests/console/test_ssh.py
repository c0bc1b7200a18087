# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of ssh keys: for the owner only, with the password, and it never shows again what might be private."""

from tests.console.conftest import PASSWORD


def test_a_key_is_put_in_and_removed(browser, supervisor):
    browser.set_up(supervisor)
    assert "ssh server is off" in browser.get("/settings/ssh").text
    page = browser.post("/settings/ssh/add", key="ssh-ed25519 AAAA laptop", password=PASSWORD).text
    assert "The key is put in." in page
    assert "SHA256:0" in page
    page = browser.post("/settings/ssh/remove", fingerprint="SHA256:0").text
    assert "The key is removed." in page
    assert supervisor.keys == ()
    assert "not there any more" in browser.post("/settings/ssh/remove", fingerprint="SHA256:0").text


def test_a_wrong_password_keeps_the_key_in_the_form(browser, supervisor):
    browser.set_up(supervisor)
    page = browser.post("/settings/ssh/add", key="ssh-ed25519 AAAA laptop", password="guess guess")
    assert page.status_code == 401
    assert "ssh-ed25519 AAAA laptop" in page.text
    assert supervisor.keys == ()


def test_what_is_no_public_key_is_not_shown_again(browser, supervisor):
    browser.set_up(supervisor)
    page = browser.post("/settings/ssh/add", key="-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaA", password=PASSWORD)
    assert page.status_code == 422
    assert "b3BlbnNzaA" not in page.text
    assert browser.post("/settings/ssh/add", key="x" * 6000, password=PASSWORD).status_code in (413, 422)
    assert supervisor.keys == ()


def test_strangers_see_and_do_nothing(browser, new_browser, supervisor):
    browser.set_up(supervisor)
    stranger = new_browser()
    assert "Ssh keys" not in stranger.get("/settings/ssh").text
    stranger.post("/settings/ssh/add", key="ssh-ed25519 AAAA", password=PASSWORD)
    stranger.post("/settings/ssh/remove", fingerprint="SHA256:0")
    assert supervisor.keys == ()
