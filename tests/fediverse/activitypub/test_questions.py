# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls between servers: asked here and voted on there, and the other way round."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.activitypub import notes
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import activities, deliveries, polls
from appliance.fediverse.services import polls as service
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from appliance.system.net import VirtualNet
from tests.fediverse.activitypub.conftest import HERE, Remote
from tests.fediverse.conftest import Person

Rows = Callable[[sa.Table], list[sa.Row[Any]]]
POLL = {"options": ["Tea", "Coffee"], "expires_in": 3600}


def options(*votes: int) -> list[dict[str, Any]]:
    return [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": count}}
        for name, count in zip(("Red", "Blue"), votes, strict=True)
    ]


def question(rita: Remote, *votes: int, **more: Any) -> dict[str, Any]:
    return {
        **rita.note("<p>Which?</p>"),
        "type": "Question",
        "oneOf": options(*votes),
        "votersCount": sum(votes),
    } | more


@pytest.fixture
def followed(anna: Person, rita: Remote) -> Remote:
    """rita, whom anna follows."""
    account_id = anna.get("/api/v2/search?q=@rita@far.example&resolve=true")["accounts"][0]["id"]
    follow = anna.post(f"/api/v1/accounts/{account_id}/follow")
    assert follow["requested"]
    rita.send("Accept", {"type": "Follow", "actor": f"{HERE}/users/anna", "object": rita.uri})
    return rita


def vote(rita: Remote, status: Any, name: str, **more: Any) -> dict[str, Any]:
    note = rita.note(to=[f"{HERE}/users/anna"], cc=[])
    del note["content"]
    return note | {"name": name, "inReplyTo": status["uri"]} | more


def sent(rows: Rows) -> list[Any]:
    return [json.loads(row.body) for row in rows(activities)]


def test_votes_from_elsewhere_count_once(anna: Person, rita: Remote, mallory: Remote) -> None:
    status = anna.toot("Which?", poll=POLL)
    for remote, name in ((rita, "Tea"), (rita, "Tea"), (rita, "Coffee"), (mallory, "Coffee")):
        remote.send("Create", vote(remote, status, name))
    seen = anna.get(f"/api/v1/statuses/{status['id']}")
    assert [option["votes_count"] for option in seen["poll"]["options"]] == [1, 1]
    assert seen["replies_count"] == 0
    assert anna.get("/api/v1/notifications") == []


def test_nobody_votes_in_another_name_or_where_she_may_not_look(anna: Person, rita: Remote, mallory: Remote) -> None:
    status = anna.toot("Which?", poll=POLL)
    forged = vote(rita, status, "Tea", attributedTo=rita.uri, id=f"{mallory.uri}/1")
    assert mallory.post(mallory.activity("Create", forged)).status_code == 403
    secret = anna.toot("Which?", poll=POLL, visibility="private")
    rita.send("Create", vote(rita, secret, "Tea"))
    for each in (status, secret):
        assert anna.get(f"/api/v1/statuses/{each['id']}")["poll"]["votes_count"] == 0


def test_votes_after_the_end_do_not_count(anna: Person, rita: Remote, clock: VirtualClock) -> None:
    status = anna.toot("Which?", poll=POLL)
    clock.advance(3601)
    rita.send("Create", vote(rita, status, "Tea"))
    assert anna.get(f"/api/v1/statuses/{status['id']}")["poll"]["votes_count"] == 0


def test_results_are_told_after_a_while_and_together(
    anna: Person, rita: Remote, mallory: Remote, database: Database, urls: Urls, clock: VirtualClock, rows: Rows
) -> None:
    status = anna.toot("Which?", poll=POLL)
    rita.send("Create", vote(rita, status, "Tea"))
    mallory.send("Create", vote(mallory, status, "Coffee"))
    with database.write() as tx:
        assert not service.tell_one(tx, urls)
    clock.advance(61)
    with database.write() as tx:
        assert service.tell_one(tx, urls)
        assert not service.tell_one(tx, urls)
    (update,) = [activity for activity in sent(rows) if activity["type"] == "Update"]
    note = update["object"]
    assert (note["type"], note["votersCount"]) == ("Question", 2)
    assert [(each["name"], each["replies"]["totalItems"]) for each in note["oneOf"]] == [("Tea", 1), ("Coffee", 1)]
    assert "updated" not in note
    assert {row.host for row in rows(deliveries)} == {"far.example", "evil.example"}


def test_the_end_is_told_elsewhere_with_what_was_hidden(
    anna: Person, rita: Remote, database: Database, urls: Urls, clock: VirtualClock, rows: Rows
) -> None:
    status = anna.toot("Which?", poll={**POLL, "hide_totals": True, "multiple": True})
    rita.send("Create", vote(rita, status, "Tea"))
    headers = {"Accept": "application/activity+json"}
    document = anna.client.get(status["uri"].removeprefix(HERE), headers=headers).json
    assert document is not None
    assert [each["replies"]["totalItems"] for each in document["anyOf"]] == [0, 0]
    assert "closed" not in document
    clock.advance(3601)
    with database.write() as tx:
        assert service.end_one(tx, urls)
    (update,) = [activity for activity in sent(rows) if activity["type"] == "Update"]
    assert [each["replies"]["totalItems"] for each in update["object"]["anyOf"]] == [1, 0]
    assert update["object"]["closed"] == update["object"]["endTime"]


def test_a_poll_of_another_server_is_shown_and_voted_on(anna: Person, followed: Remote, rows: Rows) -> None:
    asked = question(followed, 3, 4, endTime="2030-01-01T00:00:00Z")
    followed.send("Create", asked)
    (status,) = anna.get("/api/v1/timelines/home")
    poll = status["poll"]
    assert [(each["title"], each["votes_count"]) for each in poll["options"]] == [("Red", 3), ("Blue", 4)]
    assert (poll["expires_at"], poll["expired"]) == ("2030-01-01T00:00:00.000Z", False)
    voted = anna.post(f"/api/v1/polls/{poll['id']}/votes", {"choices": [1]})
    assert [each["votes_count"] for each in voted["options"]] == [3, 5]
    create = sent(rows)[-1]
    assert create["type"] == "Create"
    note = create["object"]
    assert (note["name"], note["inReplyTo"], note["to"]) == ("Blue", asked["id"], [followed.uri])
    assert "content" not in note
    assert create["actor"] == note["attributedTo"] == f"{HERE}/users/anna"


def test_new_results_are_no_edit(anna: Person, followed: Remote) -> None:
    asked = question(followed, 3, 4)
    followed.send("Create", asked)
    followed.send("Update", asked | {"oneOf": options(9, 9)})
    (status,) = anna.get("/api/v1/timelines/home")
    assert [each["votes_count"] for each in status["poll"]["options"]] == [9, 9]
    assert status["edited_at"] is None


def test_results_are_asked_anew_when_a_member_looks(
    anna: Person, followed: Remote, clock: VirtualClock, net: VirtualNet
) -> None:
    asked = question(followed, 0, 0)
    followed.send("Create", asked)
    (status,) = anna.get("/api/v1/timelines/home")
    followed.serve(asked["id"], asked | {"oneOf": options(2, 1)})
    one = f"/api/v1/polls/{status['poll']['id']}"
    assert anna.get(one)["votes_count"] == 0  # it was told of just now
    clock.advance(61)
    assert anna.get(one)["votes_count"] == 3
    before = len(net.asked)
    assert anna.get(one)["votes_count"] == 3
    assert len(net.asked) == before
    clock.advance(61)
    del net.answers[asked["id"]]
    assert anna.get(one)["votes_count"] == 3


def test_who_voted_hears_of_the_end_of_a_poll_elsewhere(
    anna: Person, followed: Remote, database: Database, urls: Urls, clock: VirtualClock
) -> None:
    ends = "2026-01-01T01:00:00Z"
    followed.send("Create", question(followed, 0, 0, endTime=ends))
    (status,) = anna.get("/api/v1/timelines/home")
    anna.post(f"/api/v1/polls/{status['poll']['id']}/votes", {"choices": [0]})
    clock.advance(366 * 86400)
    with database.write() as tx:
        assert service.end_one(tx, urls)
    assert [notice["type"] for notice in anna.get("/api/v1/notifications")] == ["poll"]


@pytest.mark.parametrize(
    "more",
    [
        {"oneOf": []},
        {"oneOf": "x"},
        {"oneOf": [{"name": 1}, 7, None, {"name": ""}]},
        {"oneOf": None, "anyOf": None},
    ],
)
def test_a_question_without_options_is_a_note(more: dict[str, Any]) -> None:
    document = {"id": "https://a.example/1", "attributedTo": "https://a.example/u", "type": "Question", **more}
    assert notes.read(document, None, 0).poll is None


@pytest.mark.parametrize("count", [-1, 2**70, True, "9", None, {}])
def test_counts_are_read_with_care(count: Any, rows: Rows, anna: Person, followed: Remote) -> None:
    asked = question(followed, 1, 1, votersCount=count, endTime=count)
    asked["oneOf"][0]["replies"] = {"totalItems": count}
    followed.send("Create", asked)
    assert anna.get("/api/v1/timelines/home")[0]["poll"]["options"][0]["votes_count"] in (0, 2**31 - 1)
    assert len(rows(polls)) == 1


def test_a_vote_as_snac_writes_it(followed: Any, anna: Any) -> None:
    poll = {"options": ["Tea", "Coffee"], "expires_in": 3600}
    status = anna.toot("Which?", poll=poll)
    vote = followed.note("<br>", name="Coffee", inReplyTo=status["uri"], to=[f"{HERE}/users/anna"], cc=[])
    followed.send("Create", vote)
    options = anna.get(f"/api/v1/polls/{status['poll']['id']}")["options"]
    assert [option["votes_count"] for option in options] == [0, 1]
