# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.services import deletion
from appliance.fediverse.urls import Urls
from tests.fediverse.conftest import MakePerson, Person

ALL = "/api/v1/conversations"


def listed(person: Person) -> list[tuple[str, bool, list[str]]]:
    return [
        (each["last_status"]["content"], each["unread"], [account["username"] for account in each["accounts"]])
        for each in person.get(ALL)
    ]


def say(person: Person, text: str, to: Any = None) -> Any:
    return person.toot(text, visibility="direct", **({"in_reply_to_id": to["id"]} if to else {}))


def without_mentions(texts: list[tuple[str, bool, list[str]]]) -> list[tuple[str, bool, list[str]]]:
    return [(text.rpartition("> ")[2].removesuffix("</p>"), unread, people) for text, unread, people in texts]


def test_a_thread_between_two_is_one_conversation(anna: Person, bob: Person, carol: Person) -> None:
    first = say(anna, "@bob hello")
    second = say(bob, "@anna hi", first)
    say(anna, "@bob how?", second)
    assert without_mentions(listed(anna)) == [("how?", False, ["bob"])]
    assert without_mentions(listed(bob)) == [("how?", True, ["anna"])]
    assert listed(carol) == []
    conversation = bob.get(ALL)[0]
    assert set(conversation) == {"id", "unread", "accounts", "last_status"}
    assert not bob.post(f"{ALL}/{conversation['id']}/read")["unread"]
    assert without_mentions(listed(bob)) == [("how?", False, ["anna"])]


def test_another_person_makes_it_another_conversation(anna: Person, bob: Person, carol: Person) -> None:
    first = say(anna, "@bob two")
    say(anna, "@bob @carol three", first)
    assert [people for _, _, people in listed(anna)] == [["bob", "carol"], ["bob"]]
    assert [people for _, _, people in listed(carol)] == [["anna", "bob"]]


def test_posts_for_all_are_none(anna: Person, bob: Person) -> None:
    anna.toot("@bob hello")
    anna.toot("@bob hello", visibility="private")
    assert listed(anna) == listed(bob) == []


def test_when_the_last_post_goes_the_one_before_it_is_the_last(anna: Person, bob: Person) -> None:
    first = say(anna, "@bob one")
    second = say(anna, "@bob two", first)
    anna.ask("DELETE", f"/api/v1/statuses/{second['id']}")
    assert without_mentions(listed(bob)) == [("one", True, ["anna"])]
    anna.ask("DELETE", f"/api/v1/statuses/{first['id']}")
    assert listed(anna) == listed(bob) == []


def test_one_takes_it_from_ones_own_list_alone(anna: Person, bob: Person) -> None:
    say(anna, "@bob one")
    conversation = bob.get(ALL)[0]
    assert bob.ask("DELETE", f"{ALL}/{conversation['id']}").json == {}
    assert listed(bob) == []
    assert len(listed(anna)) == 1


def test_who_is_blocked_is_not_heard_and_what_was_said_is_hidden(anna: Person, bob: Person) -> None:
    say(anna, "@bob one")
    bob.post(f"/api/v1/accounts/{anna.id}/block")
    assert listed(bob) == []
    say(anna, "@bob two")
    assert listed(bob) == []
    bob.post(f"/api/v1/accounts/{anna.id}/unblock")
    assert without_mentions(listed(bob)) == [("one", True, ["anna"])]


def test_other_peoples_are_not_found(
    anna: Person, bob: Person, carol: Person, stranger: FlaskClient, make_person: MakePerson
) -> None:
    say(anna, "@bob one")
    one = f"{ALL}/{bob.get(ALL)[0]['id']}"
    carol.refused(404, "POST", f"{one}/read")
    carol.refused(404, "DELETE", one)
    assert stranger.get(ALL).status_code == 401
    make_person("bob", scopes="read write:statuses").refused(403, "DELETE", one)
    assert len(listed(bob)) == 1


def test_a_muted_thread_is_not_told_of(anna: Person, bob: Person) -> None:
    status = anna.toot("Shall we?")
    other = anna.toot("Something else")
    assert anna.post(f"/api/v1/statuses/{status['id']}/mute")["muted"]
    reply = bob.toot("@anna yes", in_reply_to_id=status["id"])
    bob.post(f"/api/v1/statuses/{status['id']}/favourite")
    assert anna.get("/api/v1/notifications") == []
    assert anna.get(f"/api/v1/statuses/{reply['id']}")["muted"]
    assert not anna.get(f"/api/v1/statuses/{other['id']}")["muted"]
    assert not bob.get(f"/api/v1/statuses/{status['id']}")["muted"]
    assert not anna.post(f"/api/v1/statuses/{status['id']}/unmute")["muted"]
    bob.toot("@anna well?", in_reply_to_id=status["id"])
    assert [notice["type"] for notice in anna.get("/api/v1/notifications")] == ["mention"]


def test_nobody_mutes_what_she_may_not_see(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    status = anna.toot("for friends", visibility="private")
    bob.refused(404, "POST", f"/api/v1/statuses/{status['id']}/mute")
    assert stranger.post(f"/api/v1/statuses/{status['id']}/mute").status_code == 401


def test_when_somebody_goes_what_others_said_stays(anna: Person, bob: Person, database: Database, urls: Urls) -> None:
    first = say(anna, "@bob one")
    say(bob, "@anna two", first)
    with database.write() as tx:
        deletion.delete_account(tx, urls, bob.id)
    assert without_mentions(listed(anna)) == [("one", True, ["bob"])]
