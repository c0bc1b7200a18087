# SPDX-License-Identifier: AGPL-3.0-or-later
import threading
from collections.abc import Callable
from typing import Any

import pytest

from appliance.fediverse.context import Context
from appliance.fediverse.model import MemberState
from appliance.fediverse.services import instance_settings, invites, members
from appliance.system.clock import VirtualClock

PASSWORD = "three new friends tonight"


def mode(context: Context, value: str, rules: str = "") -> None:
    with context.database.write() as tx:
        instance_settings.put(tx, "registration", value)
        instance_settings.put(tx, "rules", rules)


def invite(context: Context) -> str:
    with context.database.write() as tx:
        return f"/join/{invites.make(tx, members.get(tx, 'ada').account_id).token.reveal()}"


def names(context: Context) -> list[str]:
    with context.database.read() as tx:
        return [member.username for member in members.every(tx)]


def test_by_invite(stranger: Any, context: Context) -> None:
    link = invite(context)
    page = stranger.get(link)
    assert "The Kitchen Table" in page.text
    answer = stranger.send(link, link, username="Bob", password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/settings?welcome=1")
    welcome = stranger.get("/settings?welcome=1").text
    assert "Welcome home, @bob" in welcome
    assert "most apps refuse it" in welcome  # this server has no encryption
    assert "Tusky" not in welcome


def test_each_unusable_invite_has_its_own_sentence(
    stranger: Any, browser: Callable[..., Any], context: Context, clock: VirtualClock
) -> None:
    used, late = invite(context), invite(context)
    browser().send(used, used, username="bob", password=PASSWORD)
    clock.advance(7 * 24 * 3600)
    for link, status, sentence in (
        (used, 410, "has been used already"),
        (late, 410, "has run out"),
        ("/join/" + "x" * 32, 404, "does not exist"),
        ("/join/%FF%00", 404, "does not exist"),
    ):
        answer = stranger.get(link)
        assert answer.status_code == status
        assert sentence in answer.text
    for link in (used, late):
        csrf = stranger.get("/login").text.partition('name="csrf" value="')[2].partition('"')[0]
        answer = stranger.post(link, {"csrf": csrf, "username": "cleo", "password": PASSWORD})
        assert answer.status_code == 410
    assert names(context) == ["ada", "bob"]


def test_pressing_join_twice_ends_logged_in(stranger: Any, context: Context) -> None:
    link = invite(context)
    csrf = stranger.get(link).text.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": csrf, "username": "bob", "password": PASSWORD}
    for _ in range(2):
        assert stranger.post(link, form).location == "/settings?welcome=1"
        assert stranger.get("/settings").status_code == 200
    assert names(context) == ["ada", "bob"]
    assert stranger.post(link, {**form, "password": "not that password"}).status_code == 410


def test_two_browsers_with_one_invite(browser: Callable[..., Any], context: Context) -> None:
    link = invite(context)
    people = {name: browser() for name in ("bob", "cleo")}
    forms = {
        name: one.get(link).text.partition('name="csrf" value="')[2].partition('"')[0] for name, one in people.items()
    }
    answers: dict[str, Any] = {}
    ready = threading.Barrier(2)

    def join(name: str) -> None:
        ready.wait()
        answers[name] = people[name].post(link, {"csrf": forms[name], "username": name, "password": PASSWORD})

    threads = [threading.Thread(target=join, args=(name,)) for name in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers.values()) == [303, 410]
    told = next(answer for answer in answers.values() if answer.status_code == 410)
    assert "has been used already" in told.text
    assert len(names(context)) == 2


@pytest.mark.parametrize(
    ("value", "status", "sentence"),
    [("closed", 403, "Nobody can join"), ("invite", 403, "need an invite"), ("approval", 200, "Why would you")],
)
def test_without_an_invite_the_mode_decides(
    stranger: Any, context: Context, value: str, status: int, sentence: str
) -> None:
    mode(context, value)
    page = stranger.get("/join")
    assert page.status_code == status
    assert sentence in page.text


@pytest.mark.parametrize("value", ["closed", "invite"])
def test_a_form_sent_anyway_is_refused(stranger: Any, context: Context, value: str) -> None:
    mode(context, "open")
    csrf = stranger.get("/join").text.partition('name="csrf" value="')[2].partition('"')[0]
    mode(context, value)
    answer = stranger.post("/join", {"csrf": csrf, "username": "bob", "password": PASSWORD, "reason": "x"})
    assert answer.status_code == 403
    assert names(context) == ["ada"]


def test_by_approval(stranger: Any, ada: Any, browser: Callable[..., Any], context: Context) -> None:
    mode(context, "approval")
    refused = stranger.send("/join", "/join", username="bob", password=PASSWORD, reason="  ")
    assert refused.status_code == 422
    assert "why you would like to join" in refused.text
    csrf = stranger.get("/join").text.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": csrf, "username": "bob", "password": PASSWORD, "reason": "<b>Soup</b>"}
    for _ in range(2):  # and once more, by an impatient finger
        assert stranger.post("/join", form).location == "/join/waiting"
    assert stranger.get("/join/waiting").status_code == 200
    assert stranger.cookie("hearth_session") is None
    assert browser().get("/@bob").status_code == 404
    assert "waits for approval" in browser().log_in("bob", PASSWORD).text

    page = ada.get("/settings/people")
    assert "&lt;b&gt;Soup&lt;/b&gt;" in page.text
    assert "<b>Soup" not in page.text
    assert ada.send("/settings/people", "/settings/people/approve").status_code == 303
    assert browser().log_in("bob", PASSWORD).status_code == 303
    assert browser().get("/@bob").status_code == 200


def test_open_with_house_rules(stranger: Any, context: Context) -> None:
    mode(context, "open", "Be kind.")
    refused = stranger.send("/join", "/join", username="bob", password=PASSWORD, rules="")
    assert refused.status_code == 422
    assert 'value="bob"' in refused.text
    assert PASSWORD not in refused.text
    assert stranger.send("/join", "/join", username="bob", password=PASSWORD, rules="yes").status_code == 303
    with context.database.read() as tx:
        assert members.get(tx, "bob").state is MemberState.ACTIVE


@pytest.mark.parametrize(
    ("username", "password", "field"),
    [
        ("ada", PASSWORD, "username"),
        ("b b", PASSWORD, "username"),
        ("<script>alert(1)</script>", PASSWORD, "username"),
        ("admin", PASSWORD, "username"),
        ("bob", "short", "password"),
        ("bob", "kitchentable1", "password"),
        ("bob", "", "password"),
    ],
)
def test_mistakes_come_back_with_the_form(
    stranger: Any, context: Context, username: str, password: str, field: str
) -> None:
    mode(context, "open")
    answer = stranger.send("/join", "/join", username=username, password=password)
    assert answer.status_code in (409, 422)
    assert f'id="f-{field}-error"' in answer.text
    assert "<script>alert" not in answer.text
    assert names(context) == ["ada"]


def test_a_member_is_told_that_there_is_nothing_to_join(ada: Any, context: Context) -> None:
    link = invite(context)
    assert "has not been used up" in ada.get(link).text


def test_before_set_up(browser: Callable[..., Any], context: Context) -> None:
    with context.database.write() as tx:
        tx.connection.exec_driver_sql("DELETE FROM instance")
    assert "being set up" in browser().get("/").text
    assert browser().get("/join").status_code == 403
