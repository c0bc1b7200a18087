# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.services import scheduled
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import Person

ALL = "/api/v1/scheduled_statuses"


def at(clock: VirtualClock, minutes: int) -> str:
    return (clock.now() + timedelta(minutes=minutes)).isoformat()


def shown(person: Person) -> list[str]:
    return [status["content"] for status in person.get(f"/api/v1/accounts/{person.id}/statuses")]


def test_a_post_waits_for_its_time_and_comes_once(
    anna: Person, clock: VirtualClock, database: Database, urls: Urls
) -> None:
    more = {"spoiler_text": "soon", "visibility": "unlisted", "language": "en"}
    poll = {"options": ["a", "b"], "expires_in": 600}
    waiting = anna.toot("later", scheduled_at=at(clock, 10), poll=poll, **more)
    assert set(waiting) == {"id", "scheduled_at", "params", "media_attachments"}
    assert waiting["params"]["text"] == "later"
    assert waiting["params"]["poll"]["options"] == ["a", "b"]
    assert anna.get(ALL) == [waiting]
    assert anna.get(f"{ALL}/{waiting['id']}") == waiting
    assert not scheduled.publish_one(database, urls)
    assert shown(anna) == []
    clock.advance(601)
    assert scheduled.publish_one(database, urls)
    assert not scheduled.publish_one(database, urls)
    (status,) = anna.get(f"/api/v1/accounts/{anna.id}/statuses")
    assert {name: status[name] for name in more} == more
    assert status["poll"]["options"][1]["title"] == "b"
    assert status["application"]["name"] == "Tests"
    assert anna.get(ALL) == []


def test_it_can_be_moved_and_cancelled(anna: Person, clock: VirtualClock, database: Database, urls: Urls) -> None:
    waiting = anna.toot("later", scheduled_at=at(clock, 10))
    moved = anna.ask("PUT", f"{ALL}/{waiting['id']}", json={"scheduled_at": at(clock, 60)}).json
    assert moved is not None
    assert moved["scheduled_at"] > waiting["scheduled_at"]
    clock.advance(1200)
    assert not scheduled.publish_one(database, urls)
    assert anna.ask("DELETE", f"{ALL}/{waiting['id']}").json == {}
    clock.advance(3600)
    assert not scheduled.publish_one(database, urls)
    assert shown(anna) == []


@pytest.mark.parametrize("when", ["2020-01-01", "tomorrow", "2999-99-99", "9999-12-31T23:59:59+00:00x"])
def test_times_that_are_too_soon_or_no_times_are_refused(anna: Person, clock: VirtualClock, when: str) -> None:
    anna.refused(422, "POST", "/api/v1/statuses", json={"status": "x", "scheduled_at": when})
    anna.refused(422, "POST", "/api/v1/statuses", json={"status": "x", "scheduled_at": at(clock, 4)})
    anna.refused(422, "POST", "/api/v1/statuses", json={"status": "", "scheduled_at": at(clock, 10)})
    assert anna.get(ALL) == []


def test_what_others_have_waiting_is_nobody_elses(anna: Person, bob: Person, clock: VirtualClock) -> None:
    waiting = anna.toot("later", scheduled_at=at(clock, 10))
    assert bob.get(ALL) == []
    for method in ("GET", "PUT", "DELETE"):
        bob.refused(404, method, f"{ALL}/{waiting['id']}")
    assert anna.get(ALL) == [waiting]


def test_strangers_and_narrow_tokens_are_refused(
    stranger: FlaskClient, make_person: Any, anna: Person, clock: VirtualClock
) -> None:
    waiting = anna.toot("later", scheduled_at=at(clock, 10))
    assert stranger.get(ALL).status_code == 401
    reader = make_person("anna", scopes="read:accounts")
    reader.refused(403, "GET", ALL)
    reader.refused(403, "DELETE", f"{ALL}/{waiting['id']}")


def test_the_same_request_twice_waits_once(anna: Person, clock: VirtualClock) -> None:
    body = {"status": "later", "scheduled_at": at(clock, 10)}
    one, two = (anna.post("/api/v1/statuses", body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert one == two
    assert len(anna.get(ALL)) == 1


def test_what_is_answered_may_be_gone_when_the_time_comes(
    anna: Person, bob: Person, clock: VirtualClock, database: Database, urls: Urls
) -> None:
    parent = bob.toot("Question")
    anna.toot("Answer", scheduled_at=at(clock, 10), in_reply_to_id=parent["id"])
    bob.ask("DELETE", f"/api/v1/statuses/{parent['id']}")
    clock.advance(601)
    assert scheduled.publish_one(database, urls)
    assert shown(anna) == ["<p>Answer</p>"]


def test_pages_have_links(anna: Person, clock: VirtualClock) -> None:
    for number in range(3):
        anna.toot(f"{number}", scheduled_at=at(clock, 10))
    response = anna.ask("GET", f"{ALL}?limit=2")
    assert [each["params"]["text"] for each in response.json or []] == ["2", "1"]
    assert 'rel="next"' in response.headers["Link"]


def test_a_power_cut_while_it_is_published_neither_loses_nor_repeats_it(
    anna: Person, clock: VirtualClock, database: Database, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna.toot("later", scheduled_at=at(clock, 10))
    clock.advance(601)
    with monkeypatch.context() as broken:
        broken.setattr("appliance.fediverse.activitypub.outgoing.status_created", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            scheduled.publish_one(database, urls)
    assert shown(anna) == []
    assert len(anna.get(ALL)) == 1
    assert scheduled.publish_one(database, urls)
    assert not scheduled.publish_one(database, urls)
    assert shown(anna) == ["<p>later</p>"]
