# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import flask
import pytest

from appliance.fediverse.shortcut import Shortcut
from tests.fediverse.conftest import Person

HOME = "/api/v1/timelines/home"
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def seen(app: flask.Flask) -> list[str]:
    """What comes as far as the app itself."""
    paths: list[str] = []
    app.before_request(lambda: paths.append(flask.request.full_path))
    return paths


def test_what_is_asked_again_is_answered_before_the_app_and_in_the_same_words(anna: Person, seen: list[str]) -> None:
    anna.toot("Soup")  # after which it is known that her token is in use
    seen.clear()
    first, again = (anna.ask("GET", HOME, environ_base=ELSEWHERE) for _ in range(2))
    assert len(seen) == 1
    assert first.data == again.data
    assert "Soup" in first.text
    left = [int(response.headers.pop("X-RateLimit-Remaining")) for response in (first, again)]
    assert left[0] == left[1] + 1
    assert sorted(first.headers) == sorted(again.headers)


def test_another_asker_or_question_and_every_change_reach_the_app(anna: Person, bob: Person, seen: list[str]) -> None:
    for person in (anna, bob):
        person.toot("Tea")
    seen.clear()
    for _ in range(2):
        anna.get(HOME)
    bob.get(HOME)
    anna.get(f"{HOME}?limit=1")
    assert anna.client.get(HOME).status_code == 401
    assert anna.client.get(HOME, headers={"Authorization": f"bearer {anna.token}"}).status_code == 200
    assert len(seen) == 5
    anna.toot("Soup")
    assert [status["content"] for status in anna.get(HOME)] == ["<p>Soup</p>", "<p>Tea</p>"]


def test_nothing_but_get_and_nothing_that_was_refused_is_answered_there(anna: Person, seen: list[str]) -> None:
    anna.toot("Soup")
    seen.clear()
    for _ in range(2):
        anna.get(HOME)
    anna.ask("HEAD", HOME)
    anna.refused(404, "GET", "/api/v1/statuses/1")
    anna.refused(404, "GET", "/api/v1/statuses/1")
    assert len(seen) == 4


def test_who_asks_too_often_is_refused_all_the_same(anna: Person) -> None:
    answers = [anna.ask("GET", HOME, environ_base=ELSEWHERE).status_code for _ in range(302)]
    assert answers == [200] * 300 + [429] * 2


def test_who_is_kept_out_is_not_let_in_there(anna: Person, app: flask.Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    anna.toot("Soup")
    anna.get(HOME)
    shortcut: Any = app.wsgi_app
    assert isinstance(shortcut, Shortcut)
    monkeypatch.setattr(shortcut._barred, "is_barred", lambda address: True)
    assert anna.ask("GET", HOME).status_code == 403
