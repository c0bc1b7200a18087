# SPDX-License-Identifier: AGPL-3.0-or-later
"""What strangers, other sites and broken clients send: refused in plain words, and nothing changes."""

import re
import unicodedata

import pytest

from appliance.console import guard
from appliance.errors import BadInput

FORMS = [
    *("/claim", "/claim/code", "/login", "/logout", "/recovery", "/recovery/code", "/setup/owner", "/invite", "/power"),
    "/recovery/wait",
    *("/settings/server", "/settings/password", "/settings/box", "/settings/address", "/erase", "/erase/undo"),
    *("/issues/fix", "/issues/acknowledge", "/jobs/cancel"),
]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", ["", "wrong", "\u00e4"])
def test_every_form_needs_its_token(browser, supervisor, path, token):
    browser.set_up(supervisor)
    before, done = supervisor.state, list(supervisor.done)
    answer = browser.client.post(path, data={"csrf": token, "action": "off", "sentence": "erase hearth"})
    assert answer.status_code == 403
    assert "open for too long" in answer.text
    assert (supervisor.state, supervisor.done) == (before, done)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_forms_from_other_sites_are_refused(browser, supervisor, headers):
    browser.get("/")
    answer = browser.client.post("/claim", data={"csrf": browser.token}, headers=headers)
    assert answer.status_code == 403
    assert supervisor.waiting == set()


def test_forms_of_our_own_pass(browser, supervisor):
    browser.get("/")
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert browser.client.post("/claim", data={"csrf": browser.token}, headers=headers).status_code == 303
    assert len(supervisor.waiting) == 1


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "hearth.local.evil.example", "local", ":80"]
)
def test_strange_names_are_refused(app, host):
    """DNS rebinding: a stranger's name that points at the box."""
    answer = app.test_client().get("/", headers={"Host": host})
    assert answer.status_code in (400, 421)
    assert "csrf" not in answer.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "192.168.1.20", "hearth.local:8080", "HEARTH.LOCAL"]
)
def test_the_boxes_own_names_are_served(app, host):
    assert app.test_client().get("/claim", headers={"Host": host}).status_code == 200


def test_its_name_on_the_internet_is_its_own(app, supervisor):
    supervisor.box(claimed=True, owner="ada", address="table.example.org")
    assert app.test_client().get("/login", headers={"Host": "table.example.org"}).status_code == 200


def test_a_tampered_session_is_nobody(browser, supervisor, app):
    browser.set_up(supervisor)
    name = next(key for _, _, key in browser.client._cookies)
    value = browser.client.get_cookie(name).value
    other = app.test_client()
    other.set_cookie(name, value[:-4] + "AAAA")
    assert other.get("/", follow_redirects=True).request.path == "/login"
    other.set_cookie(name, value)
    assert other.get("/", follow_redirects=True).request.path == "/"


def test_a_session_of_an_earlier_epoch_is_over(browser, supervisor):
    browser.set_up(supervisor)
    supervisor.box(epoch=2)
    assert browser.get("/").request.path == "/login"
    assert browser.get("/settings").request.path == "/login"
    assert browser.client.get("/events").status_code == 204
    assert browser.client.get("/qr/server.svg").status_code == 404


def test_the_cookie_is_guarded(app):
    answer = app.test_client().get("/claim", headers={"Host": "127.0.0.1:8080"})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("hearth_console_8080=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_pages_carry_their_guards(browser):
    page = browser.get("/")
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["X-Frame-Options"] == "DENY"
    assert not re.search(r"<script>|<style|\sstyle=|\son\w+=|https?://(?!127\.0\.0\.1)", page.text)


@pytest.mark.parametrize("size", [2 * 1024**2, 10 * 1024**2])
def test_ten_megabytes_are_too_much(browser, supervisor, size):
    browser.become_owner(supervisor)
    answer = browser.client.post("/setup/instance", data={"csrf": browser.token, "title": "x" * size})
    assert answer.status_code == 413
    assert "nothing was changed" in answer.text


@pytest.mark.parametrize("value", [b"%FF%FE", b"a%00b", b"%C3%28", b"%1B%5B31m"])
def test_what_is_not_text_is_refused(browser, supervisor, instance, value):
    browser.become_owner(supervisor)
    data = b"csrf=" + browser.token.encode() + b"&title=" + value
    answer = browser.client.post("/setup/instance", data=data, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert instance.texts["title"] == ""


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/", 403), ("GET", "/power", 405), ("GET", "/%ff%fe", 404)],
)
def test_other_mistakes_have_pages_too(browser, method, path, status):
    answer = browser.client.open(path, method=method)
    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_a_fault_of_ours_shows_no_traceback(browser, app, supervisor, monkeypatch, caplog):
    monkeypatch.setattr(supervisor, "claim_look", lambda _: 1 / 0)
    answer = browser.client.get("/claim")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert "a page failed" in caplog.text


def test_while_the_supervisor_sleeps_the_page_waits(browser, supervisor):
    supervisor.down = True
    answer = browser.client.get("/")
    assert answer.status_code == 503
    assert "tries again by itself" in answer.text
    assert 'http-equiv="refresh"' in answer.text


def test_while_the_instance_sleeps_the_wizard_waits_and_the_dashboard_works(browser, supervisor, instance):
    browser.become_owner(supervisor)
    instance.down = True
    assert browser.client.get("/setup/instance").status_code == 503
    instance.down = False
    browser.post("/setup/instance", title="The Garden Table")
    browser.post("/setup/address", where="home")
    browser.post("/setup/review")
    instance.down = True
    page = browser.get("/")
    assert page.status_code == 200
    assert "does not answer right now" in page.text
    assert browser.get("/settings").status_code == 200


def test_what_is_far_too_long_is_not_put_in_order_first(app, monkeypatch):
    """Many marks on one letter take very long, and nobody need log in for it."""
    ordered = []
    real = unicodedata.normalize
    monkeypatch.setattr(unicodedata, "normalize", lambda form, text: ordered.append(len(text)) or real(form, text))
    username = "a" + "\u0301" * 5000 + "\u0316" * 5000
    with app.test_request_context("/login", method="POST", data={"username": username}), pytest.raises(BadInput):
        guard.text("username", limit=100)
    assert max(ordered, default=0) <= 400
