# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from appliance.fediverse.context import Context
from appliance.fediverse.oauth import apps
from appliance.fediverse.oauth.apps import OUT_OF_BAND, NewApp

WEB = "https://app.example/callback?keep=1"
DEVICE = "tusky://oauth"
PASSWORD = "four unrelated words here"


@pytest.fixture
def client_id(context: Context) -> str:
    with context.database.write() as tx:
        app, _ = apps.register(
            tx, NewApp("<i>Tusky</i>", (WEB, DEVICE, OUT_OF_BAND), "read write follow push", "https://tusky.example")
        )
    return app.client_id


@pytest.fixture
def asking(client_id: str) -> Callable[..., str]:
    """The address an app sends its person to."""
    from urllib.parse import urlencode

    def address(**more: str) -> str:
        asked = {
            "client_id": client_id,
            "redirect_uri": WEB,
            "response_type": "code",
            "scope": "read write",
            "state": "a b&c",
        }
        return f"/oauth/authorize?{urlencode({**asked, **more})}"

    return address


def test_yes(ada: Any, asking: Callable[..., str]) -> None:
    page = ada.get(asking())
    assert "&lt;i&gt;Tusky&lt;/i&gt;" in page.text
    assert "<i>Tusky" not in page.text
    assert "post, edit and delete as you" in page.text
    assert "app.example" in page.text
    answer = ada.send(asking(), asking().replace("+", "+"), answer="grant")
    target = urlsplit(answer.location)
    assert answer.status_code == 303
    assert (target.scheme, target.netloc, target.path) == ("https", "app.example", "/callback")
    got = parse_qs(target.query)
    assert (got["keep"], got["state"]) == (["1"], ["a b&c"])
    assert len(got["code"][0]) >= 32


def test_apps_may_write_a_slash_at_the_end(ada: Any, asking: Callable[..., str]) -> None:
    page = ada.get(asking(redirect_uri=OUT_OF_BAND).replace("/authorize?", "/authorize/?"))
    assert page.status_code == 200
    assert "Let " in page.text


def test_an_app_may_want_somebody_to_log_in_anew(ada: Any, asking: Callable[..., str]) -> None:
    answer = ada.get(asking(force_login="true"))
    assert answer.status_code == 303
    target = urlsplit(answer.location)
    assert target.path == "/login"
    (after,) = parse_qs(target.query)["next"]
    assert (urlsplit(after).path, "force_login" in after) == ("/oauth/authorize", False)
    assert 'name="password"' in ada.get(answer.location).text
    assert ada.get(after).status_code == 200
    assert ada.get(asking(force_login="false")).status_code == 200


def test_no(ada: Any, asking: Callable[..., str]) -> None:
    answer = ada.send(asking(redirect_uri=DEVICE), asking(redirect_uri=DEVICE), answer="deny")
    target = urlsplit(answer.location)
    assert (target.scheme, target.netloc) == ("tusky", "oauth")
    got = parse_qs(target.query)
    assert (got["error"], got["state"]) == (["access_denied"], ["a b&c"])
    assert "code" not in got


def test_whatever_is_not_yes_is_no(ada: Any, asking: Callable[..., str]) -> None:
    assert "error=access_denied" in ada.send(asking(), asking(), answer="maybe").location


def test_out_of_band_shows_the_code(ada: Any, asking: Callable[..., str]) -> None:
    address = asking(redirect_uri=OUT_OF_BAND)
    answer = ada.send(address, address, answer="grant")
    assert answer.status_code == 200
    assert "Copy this code" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert ada.send(address, address, answer="deny").location == "/"


def test_strangers_log_in_first_and_come_back(stranger: Any, asking: Callable[..., str]) -> None:
    answer = stranger.get(asking())
    assert answer.status_code == 303
    assert answer.location.startswith("/login?next=")
    back = stranger.send(answer.location, "/login", username="ada", password=PASSWORD)
    assert back.location == asking()
    assert stranger.get(back.location).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "https://app.example/callback"},
        {"redirect_uri": "https://app.example.evil.example/callback?keep=1"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": ""},
        {"redirect_uri": WEB + '"><script>alert(1)</script>'},
        {"client_id": "nobody"},
        {"client_id": "\x00"},
        {"response_type": "token"},
        {"scope": "read admin"},
        {"scope": "<script>"},
        {"code_challenge": "x", "code_challenge_method": "S256"},
        {"code_challenge": "x" * 43, "code_challenge_method": "plain"},
        {"state": "x" * 2001},
    ],
)
def test_what_is_wrong_is_said_on_a_page_and_leads_nowhere(
    ada: Any, stranger: Any, asking: Callable[..., str], change: dict[str, str]
) -> None:
    for one in (ada, stranger):
        answer = one.get(asking(**change))
        assert answer.status_code == 400
        assert answer.location is None
        assert answer.mimetype == "text/html"
        assert "<script>alert" not in answer.text
    csrf = ada.get("/settings").text.partition('name="csrf" value="')[2].partition('"')[0]
    answer = ada.post(asking(**change), {"csrf": csrf, "answer": "grant"})
    assert answer.status_code == 400
    assert answer.location is None


@pytest.mark.parametrize(
    ("target", "source"), [(WEB, "https://app.example"), (DEVICE, "tusky:"), (OUT_OF_BAND, "'self'")]
)
def test_the_form_may_lead_to_the_app_and_nowhere_else(
    ada: Any, asking: Callable[..., str], target: str, source: str
) -> None:
    policy = ada.get(asking(redirect_uri=target)).headers["Content-Security-Policy"]
    form_action = next(part.strip() for part in policy.split(";") if part.strip().startswith("form-action"))
    assert form_action == ("form-action 'self'" if source == "'self'" else f"form-action 'self' {source}")
    assert "frame-ancestors 'none'" in policy


def test_logging_in_as_somebody_else_comes_back(ada: Any, asking: Callable[..., str]) -> None:
    answer = ada.post("/logout", {"csrf": _csrf(ada), "next": asking()})
    assert answer.location.startswith("/login?next=%2Foauth%2Fauthorize")


def test_fine_scopes_are_told_finely(ada: Any, asking: Callable[..., str]) -> None:
    text = ada.get(asking(scope="read:statuses read:accounts")).text
    assert "read your statuses, accounts" in text
    assert "private messages" not in text


def _csrf(browser: Any) -> str:
    found: str = browser.get("/settings").text.partition('name="csrf" value="')[2].partition('"')[0]
    return found
