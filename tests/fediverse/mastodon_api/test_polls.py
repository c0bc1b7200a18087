# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.services import polls
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import Person

TEA = {"options": ["Tea", "Coffee"], "expires_in": 3600}


def asked(person: Person, **more: Any) -> Any:
    return person.toot("What shall it be?", poll={**TEA, **more})["poll"]


def path(poll: Any) -> str:
    return f"/api/v1/polls/{poll['id']}"


def test_a_poll_has_the_documented_shape(anna: Person, stranger: FlaskClient, clock: VirtualClock) -> None:
    poll = asked(anna)
    assert poll == {
        "id": poll["id"],
        "expires_at": f"{(clock.now() + timedelta(hours=1)).isoformat(timespec='milliseconds')[:23]}Z",
        "expired": False,
        "multiple": False,
        "votes_count": 0,
        "voters_count": None,
        "voted": False,
        "own_votes": [],
        "options": [{"title": "Tea", "votes_count": 0}, {"title": "Coffee", "votes_count": 0}],
        "emojis": [],
    }
    seen = stranger.get(path(poll)).json
    assert seen == {name: value for name, value in poll.items() if name not in ("voted", "own_votes")}


def test_each_votes_once(anna: Person, bob: Person, carol: Person) -> None:
    poll = asked(anna)
    voted = bob.post(f"{path(poll)}/votes", {"choices": [1]})
    assert (voted["voted"], voted["own_votes"], voted["votes_count"]) == (True, [1], 1)
    again = bob.refused(422, "POST", f"{path(poll)}/votes", json={"choices": [0]})
    assert again == "Validation failed: You have already voted on this poll"
    carol.post(f"{path(poll)}/votes", {"choices": [1]})
    seen = anna.get(path(poll))
    assert [option["votes_count"] for option in seen["options"]] == [0, 2]
    assert not seen["voted"]


def test_of_several_options_several_can_be_chosen(anna: Person, bob: Person) -> None:
    poll = asked(anna, multiple=True)
    voted = bob.post(f"{path(poll)}/votes", {"choices": [0, 1]})
    assert (voted["own_votes"], voted["votes_count"], voted["voters_count"]) == ([0, 1], 2, 1)


@pytest.mark.parametrize("choices", [[], [2], [-1], ["x"], [0, 1], ["0.5"], ["9" * 50]])
def test_a_vote_that_makes_no_sense_is_refused(anna: Person, bob: Person, choices: list[Any]) -> None:
    poll = asked(anna)
    bob.refused(422, "POST", f"{path(poll)}/votes", json={"choices": choices})
    assert anna.get(path(poll))["votes_count"] == 0


def test_nobody_votes_in_her_own_poll_or_after_the_end(anna: Person, bob: Person, clock: VirtualClock) -> None:
    poll = asked(anna)
    anna.refused(422, "POST", f"{path(poll)}/votes", json={"choices": [0]})
    clock.advance(3601)
    ended = bob.refused(422, "POST", f"{path(poll)}/votes", json={"choices": [0]})
    assert ended == "Validation failed: The poll has already ended"
    assert bob.get(path(poll))["expired"]


def test_totals_can_be_hidden_until_the_end(anna: Person, bob: Person, clock: VirtualClock) -> None:
    poll = asked(anna, hide_totals=True)
    voted = bob.post(f"{path(poll)}/votes", {"choices": [0]})
    assert [option["votes_count"] for option in voted["options"]] == [None, None]
    clock.advance(3601)
    assert [option["votes_count"] for option in bob.get(path(poll))["options"]] == [1, 0]


@pytest.mark.parametrize(
    "poll",
    [
        {"options": ["Tea"], "expires_in": 3600},
        {"options": ["Tea", "Tea"], "expires_in": 3600},
        {"options": ["Tea", " "], "expires_in": 3600},
        {"options": ["a", "b", "c", "d", "e"], "expires_in": 3600},
        {"options": ["a", "b" * 51], "expires_in": 3600},
        {"options": ["a", "b"]},
        {"options": ["a", "b"], "expires_in": 299},
        {"options": ["a", "b"], "expires_in": 10**30},
        {"options": ["a", "b"], "expires_in": "soon"},
    ],
)
def test_polls_have_limits(anna: Person, poll: dict[str, Any]) -> None:
    sentence = anna.refused(422, "POST", "/api/v1/statuses", json={"status": "?", "poll": poll})
    assert sentence.startswith("Validation failed: ")
    assert anna.get(f"/api/v1/accounts/{anna.id}/statuses") == []


def test_who_may_not_see_the_post_neither_sees_nor_votes(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    poll = anna.toot("?", visibility="private", poll=TEA)["poll"]
    bob.refused(404, "GET", path(poll))
    bob.refused(404, "POST", f"{path(poll)}/votes", json={"choices": [0]})
    assert stranger.get(path(poll)).status_code == 404
    assert stranger.post(f"{path(poll)}/votes", json={"choices": [0]}).status_code == 401
    bob.refused(404, "GET", "/api/v1/polls/nonsense")


def test_the_end_is_told_once_to_the_author_and_to_those_who_voted(
    anna: Person, bob: Person, carol: Person, clock: VirtualClock, database: Database, urls: Urls
) -> None:
    poll = asked(anna)
    bob.post(f"{path(poll)}/votes", {"choices": [0]})
    clock.advance(3601)
    told = []
    for _ in range(3):
        with database.write() as tx:
            told.append(polls.end_one(tx, urls))
    assert told == [True, False, False]
    notices = [[notice["type"] for notice in person.get("/api/v1/notifications")] for person in (anna, bob, carol)]
    assert notices == [["poll"], ["poll"], []]
    assert bob.get("/api/v1/notifications")[0]["account"]["username"] == "anna"


def test_a_changed_question_voids_the_votes_and_stays_in_the_history(anna: Person, bob: Person) -> None:
    status = anna.toot("?", poll=TEA)
    bob.post(f"{path(status['poll'])}/votes", {"choices": [0]})
    one = f"/api/v1/statuses/{status['id']}"
    same = anna.ask("PUT", one, json={"status": "??", "poll": TEA}).json
    assert same is not None
    assert same["poll"]["votes_count"] == 1
    other = anna.ask("PUT", one, json={"status": "??", "poll": {"options": ["Milk", "Tea"], "expires_in": 3600}}).json
    assert other is not None
    assert (other["poll"]["id"], other["poll"]["votes_count"]) == (status["poll"]["id"], 0)
    forms = anna.get(f"{one}/history")
    assert [[option["title"] for option in form["poll"]["options"]] for form in forms] == [
        ["Tea", "Coffee"],
        ["Tea", "Coffee"],
        ["Milk", "Tea"],
    ]
    gone = anna.ask("PUT", one, json={"status": "no more"}).json
    assert gone is not None
    assert gone["poll"] is None


def test_a_deleted_post_hands_back_its_poll_to_be_asked_anew(anna: Person) -> None:
    status = anna.toot("?", poll=TEA)
    deleted = anna.ask("DELETE", f"/api/v1/statuses/{status['id']}").json
    assert deleted is not None
    assert (deleted["text"], deleted["poll"]["options"][0]["title"]) == ("?", "Tea")
    anna.refused(404, "GET", path(status["poll"]))
