# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.context import Context
from appliance.fediverse.db.tables import apps, tokens
from appliance.fediverse.model import MemberState, Role
from appliance.fediverse.services import members, sessions
from appliance.fediverse.web.browsers import browser_name
from appliance.secret import Secret

PASSWORD = "four unrelated words here"
NEW = "quite other words instead"


def csrf(browser: Any) -> str:
    found: str = browser.get("/settings").text.partition('name="csrf" value="')[2].partition('"')[0]
    return found


def add(context: Context, username: str, **more: Any) -> int:
    with context.database.write() as tx:
        return members.create(tx, username, Secret(PASSWORD), **more)


def account(context: Context, username: str = "ada") -> int:
    with context.database.read() as tx:
        return members.get(tx, username).account_id


def change(browser: Any, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> Any:
    form = {"old": old, "new": new, "again": new if again is None else again}
    return browser.send("/settings", "/settings/password", **form)


def test_strangers_see_none_of_it(stranger: Any) -> None:
    for path in ("/settings", "/settings/people"):
        assert stranger.get(path).location.startswith("/login?next=")


def test_a_new_password_ends_other_sessions(ada: Any, browser: Callable[..., Any]) -> None:
    other = browser()
    other.log_in()
    assert change(ada).location == "/settings?done=password"
    assert "new password is set" in ada.get("/settings?done=password").text
    assert other.get("/settings").status_code == 303
    assert browser().log_in(password=PASSWORD).status_code == 401
    assert browser().log_in(password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"old": "not this one"}, "old password is wrong"),
        ({"new": "short"}, "shorter than 10"),
        ({"again": "something else"}, "not the same"),
    ],
)
def test_a_new_password_that_can_not_be(
    ada: Any, browser: Callable[..., Any], form: dict[str, str], sentence: str
) -> None:
    answer = change(ada, **form)
    assert answer.status_code in (403, 422)
    assert sentence in answer.text
    assert browser().log_in().status_code == 303


def test_guessing_the_old_password_is_throttled(ada: Any) -> None:
    for _ in range(5):
        assert change(ada, old="not this one").status_code == 403
    assert change(ada).status_code == 429


def test_sessions_are_listed_and_ended(ada: Any, browser: Callable[..., Any], context: Context) -> None:
    one, two = browser("198.51.100.1"), browser("198.51.100.2")
    for each in (one, two):
        each.log_in()
    page = ada.get("/settings").text
    assert "198.51.100.1" in page
    assert page.count("this one</span>") == 1
    with context.database.read() as tx:
        ids = {session.address: session.id for session in sessions.of(tx, account(context))}
    ada.post("/settings/sessions/end", {"csrf": csrf(ada), "id": str(ids["198.51.100.1"])})
    assert one.get("/settings").status_code == 303
    assert two.get("/settings").status_code == 200
    ada.post("/settings/sessions/end-others", {"csrf": csrf(ada)})
    assert two.get("/settings").status_code == 303
    assert ada.get("/settings").status_code == 200


def test_nobody_ends_what_is_another_s(ada: Any, browser: Callable[..., Any], context: Context) -> None:
    add(context, "bob")
    bob = browser()
    bob.log_in("bob")
    with context.database.read() as tx:
        (session,) = sessions.of(tx, account(context))
    ada.send("/settings", "/settings/invites")
    page = ada.get("/settings").text
    invite = page.partition('action="/settings/invites/revoke">')[2].partition('name="id" value="')[2].partition('"')[0]
    bob.post("/settings/sessions/end", {"csrf": csrf(bob), "id": str(session.id)})
    assert ada.get("/settings").status_code == 200
    assert bob.post("/settings/invites/revoke", {"csrf": csrf(bob), "id": invite}).status_code == 403
    for rubbish in ("", "x", "-1", "9" * 30, "²", "1; DROP TABLE members"):
        assert bob.post("/settings/sessions/end", {"csrf": csrf(bob), "id": rubbish}).status_code == 303
        assert bob.post("/settings/invites/revoke", {"csrf": csrf(bob), "id": rubbish}).status_code == 404


def test_apps_are_grouped_and_ended(ada: Any, context: Context) -> None:
    add(context, "bob")
    with context.database.write() as tx:
        tx.execute(
            sa.insert(apps).values(
                id=1,
                client_id="x",
                client_secret="x",
                name='"><script>alert(1)</script>',
                redirect_uris=[],
                scopes="read",
                created_at=0,
            )
        )
        for number, username in enumerate(("ada", "ada", "bob")):
            tx.execute(
                sa.insert(tokens).values(
                    id=number,
                    hash=str(number),
                    app_id=1,
                    account_id=members.get(tx, username).account_id,
                    scopes="read",
                    created_at=0,
                )
            )
    page = ada.get("/settings").text
    assert page.count('action="/settings/apps/end"') == 1
    assert "<script>alert" not in page
    assert ada.send("/settings", "/settings/apps/end").status_code == 303
    with context.database.read() as tx:
        assert [row.account_id for row in tx.all(sa.select(tokens))] == [account(context, "bob")]


def test_an_invite_is_shown_once(ada: Any, browser: Callable[..., Any]) -> None:
    page = ada.send("/settings", "/settings/invites")
    link = page.text.partition('data-copy="')[2].partition('"')[0]
    assert link.startswith("http://localhost/join/")
    assert "<svg" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    token = link.rpartition("/")[2]
    assert token not in ada.get("/settings").text
    assert browser().get(f"/join/{token}").status_code == 200
    ada.send("/settings", "/settings/invites/revoke")
    assert browser().get(f"/join/{token}").status_code == 404


def test_at_most_ten_invites(ada: Any) -> None:
    for _ in range(10):
        assert ada.post("/settings/invites", {"csrf": csrf(ada)}).status_code == 200
    assert "Make an invite" not in ada.get("/settings").text
    assert ada.post("/settings/invites", {"csrf": csrf(ada)}).status_code == 409


def test_people_is_for_staff(ada: Any, browser: Callable[..., Any], context: Context) -> None:
    bob_id, waiting = add(context, "bob"), add(context, "wendy", state=MemberState.PENDING)
    add(context, "mia", role=Role.MODERATOR)
    bob, mia = browser(), browser()
    bob.log_in("bob")
    mia.log_in("mia")
    assert bob.get("/settings/people").status_code == 403
    for action in ("approve", "reject", "reset-password"):
        for target in (bob_id, waiting, account(context)):
            sent = {"csrf": csrf(bob), "id": str(target)}
            assert bob.post(f"/settings/people/{action}", sent).status_code == 403
    assert mia.get("/settings/people").status_code == 200
    sent = {"csrf": csrf(mia), "id": str(account(context))}
    assert mia.post("/settings/people/reset-password", sent).status_code == 403
    assert mia.post("/settings/people/reject", sent).status_code == 409
    assert mia.post("/settings/people/reject", {"csrf": csrf(mia), "id": str(waiting)}).status_code == 303
    assert "wendy" not in ada.get("/settings/people").text


def test_helping_with_a_lost_password(ada: Any, browser: Callable[..., Any], context: Context) -> None:
    bob_id = add(context, "bob")
    bob = browser()
    bob.log_in("bob")
    page = ada.post("/settings/people/reset-password", {"csrf": csrf(ada), "id": str(bob_id)})
    password = page.text.partition('data-copy="')[2].partition('"')[0]
    assert bob.get("/settings").status_code == 303
    assert browser().log_in("bob", password).status_code == 303


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17 Mobile Safari/604",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537 Chrome/126 Mobile Safari/537", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/126 Safari/537 Edg/126", "Edge on Windows"),
        ("", "Unknown browser"),
        ("<script>", "Unknown browser"),
    ],
)
def test_what_people_call_their_browsers(agent: str, name: str) -> None:
    assert browser_name(agent) == name
