# SPDX-License-Identifier: AGPL-3.0-or-later
"""What other sites, old forms and bad manners meet."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

PASSWORD = "four unrelated words here"


def token(browser: Any, page: str) -> str:
    found: str = browser.get(page).text.partition('name="csrf" value="')[2].partition('"')[0]
    assert found
    return found


def posts(app: Flask) -> list[str]:
    return sorted(
        rule.rule.replace("<token>", "x" * 32)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("web.") and "POST" in (rule.methods or ())
    )


def test_no_form_is_taken_without_its_token(app: Flask, ada: Any, browser: Callable[..., Any]) -> None:
    paths = posts(app)
    assert len(paths) >= 12
    for path in paths:
        for sent in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "é\udcff"[:1]}):
            assert ada.post(path, sent).status_code == 403, path
            assert browser().post(path, sent).status_code == 403, path
    assert ada.get("/settings").status_code == 200


def test_the_token_of_another_browser_does_not_do(ada: Any, browser: Callable[..., Any]) -> None:
    other = browser()
    other.log_in()
    assert ada.post("/settings/invites", {"csrf": token(other, "/settings")}).status_code == 403
    assert ada.post("/settings/invites", {"csrf": token(browser(), "/login")}).status_code == 403
    assert ada.post("/settings/invites", {"csrf": token(ada, "/settings")}).status_code == 200


def test_a_form_cookie_alone_does_not_do_for_a_member(ada: Any) -> None:
    """What protects strangers' forms must not open members' ones: the form cookie may come from a subdomain."""
    ada.client.set_cookie("hearth_form", "A" * 43)
    from appliance.fediverse.web.visitor import csrf_of
    from appliance.secret import Secret

    assert ada.post("/settings/invites", {"csrf": csrf_of(Secret("A" * 43))}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_forms_from_other_sites_are_refused_even_with_a_token(
    ada: Any, browser: Callable[..., Any], headers: dict[str, str]
) -> None:
    assert ada.post("/settings/invites", {"csrf": token(ada, "/settings")}, headers=headers).status_code == 403
    stranger = browser()
    form = {"csrf": token(stranger, "/login"), "username": "ada", "password": PASSWORD}
    assert stranger.post("/login", form, headers=headers).status_code == 403
    assert stranger.cookie("hearth_session") is None


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {}])
def test_our_own_forms_are_taken(ada: Any, headers: dict[str, str]) -> None:
    assert ada.post("/settings/invites", {"csrf": token(ada, "/settings")}, headers=headers).status_code == 200


def test_a_form_of_ten_megabytes(ada: Any, browser: Callable[..., Any]) -> None:
    urlencoded = b"csrf=x&username=" + b"x" * 10_000_000
    multipart = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + b"x" * 10_000_000 + b"\r\n--x--\r\n"
    for one, path in ((ada, "/settings/password"), (browser(), "/login"), (browser(), "/join")):
        for content, data in (
            ("application/x-www-form-urlencoded", urlencoded),
            ("multipart/form-data; boundary=x", multipart),
        ):
            body = io.BytesIO(data)
            answer = one.client.post(path, input_stream=body, content_length=len(data), content_type=content)
            assert answer.status_code == 413
            assert "too big" in answer.text
            assert body.tell() == len(data)  # the browser could send all of it, and so reads the answer


def test_forms_that_are_no_forms(ada: Any) -> None:
    for content, data in (
        ("application/json", b'{"csrf": "x"}'),
        ("application/x-www-form-urlencoded", b"csrf=%FF%FE&username=%00%C0%80"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"csrf=+ADw-"),
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        ("multipart/form-data", b""),
        ("", b"\x00\xff"),
    ):
        answer = ada.client.post("/settings/password", data=data, content_type=content)
        assert answer.status_code in (400, 403), content


def test_invalid_unicode_in_fields(browser: Callable[..., Any]) -> None:
    one = browser()
    csrf = token(one, "/login")
    for username in (b"%FF", b"%00", b"%ED%A0%80", b"%E2%80%AEada", b"ada%0D%0A"):
        answer = one.client.post(
            "/login",
            data=b"csrf=" + csrf.encode() + b"&username=" + username + b"&password=%FF%00%ED%A0%80",
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code == 401


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(ada: Any, method: str) -> None:
    assert ada.client.open("/settings", method=method).status_code == 405


def test_every_page_guards_itself(app: Flask, ada: Any, browser: Callable[..., Any]) -> None:
    for one in (ada, browser()):
        for path in ("/", "/about", "/login", "/@ada", "/settings", "/settings/people", "/nothing", "/@nobody"):
            answer = one.get(path)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert " style=" not in answer.text
            assert "<style" not in answer.text
            assert "<script>" not in answer.text
            assert " on" + "click" not in answer.text


def test_boxes_on_other_ports_of_one_host_keep_apart(app: Flask) -> None:
    client = app.test_client()
    for port in (8082, 8092):
        client.get("/login", base_url=f"http://localhost:{port}")
    names = {name for name in ("hearth_form_8082", "hearth_form_8092", "hearth_form") if client.get_cookie(name)}
    assert names == {"hearth_form_8082", "hearth_form_8092"}
