# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from appliance.fediverse.context import Context
from appliance.fediverse.services import members, sessions
from appliance.secret import Secret
from appliance.system.clock import VirtualClock

PASSWORD = "four unrelated words here"
SESSION = sessions.COOKIE


def test_logging_in_and_out(stranger: Any) -> None:
    answer = stranger.log_in()
    assert (answer.status_code, answer.location) == (303, "/settings")
    page = stranger.get("/settings")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    token = stranger.cookie(SESSION)
    assert stranger.send("/settings", "/logout").location == "/"
    assert stranger.cookie(SESSION) is None
    stranger.client.set_cookie(SESSION, token)
    assert stranger.get("/settings").status_code == 303


def test_the_cookie_is_out_of_reach(stranger: Any) -> None:
    cookie = next(value for value in stranger.log_in().headers.getlist("Set-Cookie") if value.startswith(SESSION))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Max-Age=2592000" in cookie
    assert "Secure" not in cookie  # at home, without a name, pages are plain HTTP


def test_under_its_name_the_cookie_is_for_https_alone(app: Flask, browser: Callable[..., Any]) -> None:
    context: Context = app.extensions["hearth"]
    app.extensions["hearth"] = Context(context.database, context.clock, context.net, context.config, "https://tea.org")
    answer = browser().log_in()
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)


def test_a_wrong_password_and_an_unknown_name_look_the_same(browser: Callable[..., Any]) -> None:
    pages = []
    for username in ("ada", "nobody"):
        one = browser()
        answer = one.log_in(username, "not this one")
        assert answer.status_code == 401
        assert one.cookie(SESSION) is None
        pages.append(answer.text.replace(username, "NAME").partition('name="csrf"')[0])
    assert pages[0] == pages[1]
    assert "The user name or the password is wrong." in pages[0]


def test_brute_force(stranger: Any, browser: Callable[..., Any], clock: VirtualClock) -> None:
    for _ in range(5):
        assert stranger.log_in(password="not this one").status_code == 401
    answer = stranger.log_in()
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert browser("198.51.100.1").log_in().status_code == 429
    clock.advance(int(answer.headers["Retry-After"]))
    assert stranger.log_in().status_code == 303


def test_sliding_expiry(ada: Any, clock: VirtualClock) -> None:
    for _ in range(3):
        clock.advance(29 * 24 * 3600)
        page = ada.get("/settings")
        assert page.status_code == 200
        assert "Max-Age=2592000" in page.headers["Set-Cookie"]
    assert "Set-Cookie" not in ada.get("/settings").headers
    clock.advance(31 * 24 * 3600)
    assert ada.get("/settings").status_code == 303


def test_a_session_that_was_planted_is_not_taken_over(stranger: Any, context: Context) -> None:
    """Session fixation: whatever cookie was there before, the one after logging in is new, and the old one is dead."""
    with context.database.write() as tx:
        mallory = members.create(tx, "mallory", Secret("quite another password"))
        planted = sessions.open(tx, mallory, "x", "x").reveal()
    for value in (planted, "A" * 43):
        stranger.client.set_cookie(SESSION, value)
        page = stranger.get("/login")
        token = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        if page.status_code == 303:  # the planted one is a real session: log in over it
            stranger.client.delete_cookie(SESSION)
            token = stranger.get("/login").text.partition('name="csrf" value="')[2].partition('"')[0]
            stranger.client.set_cookie(SESSION, value)
        answer = stranger.post("/login", {"csrf": token, "username": "ada", "password": PASSWORD})
        assert answer.status_code == 303
        assert stranger.cookie(SESSION) != value
        with context.database.read() as tx:
            assert sessions.find(tx, Secret(value)) is None
        stranger.client.delete_cookie(SESSION)


def test_the_way_back(stranger: Any) -> None:
    assert stranger.get("/settings/people?x=1").location == "/login?next=%2Fsettings%2Fpeople%3Fx%3D1"
    answer = stranger.send("/login?next=/settings/people%3Fx%3D1", "/login", username="ada", password=PASSWORD)
    assert answer.location == "/settings/people?x=1"


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"),
        *("/\t/evil.example", "/\n/evil.example", " //evil.example", "evil.example", "/%0d%0aX: y\r\nX: y", "/x\x00"),
        *("http:/evil.example", "///evil.example", "/x" + "y" * 5000),
    ],
)
def test_no_way_out_through_next(browser: Callable[..., Any], target: str) -> None:
    one = browser()
    page = one.get("/login", query_string={"next": target})
    token = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    answer = one.post("/login", {"csrf": token, "username": "ada", "password": PASSWORD, "next": target})
    assert (answer.status_code, answer.location) == (303, "/settings")
    assert one.get("/login", query_string={"next": target}).location == "/settings"
    token = one.get("/logout").text.partition('name="csrf" value="')[2].partition('"')[0]
    assert one.post("/logout", {"csrf": token, "next": target}).location == "/"


def test_logging_in_twice_with_the_same_form(stranger: Any) -> None:
    """The second press of an impatient finger carries the form cookie that the first one had."""
    token = stranger.get("/login").text.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": token, "username": "ada", "password": PASSWORD}
    assert stranger.post("/login", form).status_code == 303
    assert stranger.post("/login", form).status_code == 303
    assert stranger.get("/settings").status_code == 200
