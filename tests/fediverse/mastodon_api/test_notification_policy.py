# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notices from strangers: accepted, kept apart or dropped, and let through by request."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts, conversation_mutes, mutes, notifications, user_domain_blocks
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.services import notifications as service
from appliance.fediverse.services.accounts import store_remote
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import Person, remote_account

POLICY = "/api/v2/notifications/policy"
REQUESTS = "/api/v1/notifications/requests"


def kinds(person: Person, query: str = "") -> list[str]:
    return [each["type"] for each in person.get(f"/api/v1/notifications?{query}")]


def policy(person: Person, **fates: str) -> Any:
    response = person.ask("PATCH", POLICY, json={f"for_{name}": fate for name, fate in fates.items()})
    assert response.status_code == 200, response.text
    return response.json


def test_a_policy_is_kept_in_both_forms(anna: Person) -> None:
    first = anna.get(POLICY)
    assert (first["for_not_following"], first["for_private_mentions"]) == ("accept", "filter")
    assert first["summary"] == {"pending_requests_count": 0, "pending_notifications_count": 0}
    assert policy(anna, not_following="drop")["for_not_following"] == "drop"
    old = anna.get("/api/v1/notifications/policy")
    assert (old["filter_not_following"], old["filter_new_accounts"]) == (True, False)
    changed = anna.ask("PUT", "/api/v1/notifications/policy", json={"filter_new_accounts": True}).json
    assert changed is not None
    assert changed["filter_new_accounts"]
    assert anna.get(POLICY)["for_new_accounts"] == "filter"
    assert anna.get(POLICY)["for_not_following"] == "drop"
    anna.refused(422, "PATCH", POLICY, json={"for_new_accounts": "perhaps"})


@pytest.mark.parametrize("name", ["not_following", "not_followers", "new_accounts"])
def test_strangers_are_kept_apart_or_dropped(name: str, anna: Person, bob: Person) -> None:
    policy(anna, **{name: "filter"})
    first = bob.toot("hi @anna")
    assert kinds(anna) == []
    assert kinds(anna, "include_filtered=true") == ["mention"]
    assert anna.get("/api/v1/notifications/unread_count") == {"count": 0}
    summary = {"pending_requests_count": 1, "pending_notifications_count": 1}
    assert anna.get(POLICY)["summary"] == summary
    (request,) = anna.get(REQUESTS)
    assert (request["account"]["acct"], request["notifications_count"]) == ("bob", "1")
    assert request["last_status"]["id"] == first["id"]
    policy(anna, **{name: "drop"})
    bob.toot("hi again @anna")
    assert kinds(anna, "include_filtered=true") == ["mention"]


def test_whoever_is_followed_or_known_for_long_is_no_stranger(anna: Person, bob: Person, clock: VirtualClock) -> None:
    policy(anna, not_following="drop", not_followers="drop", new_accounts="drop")
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    assert kinds(anna) == []  # a follower of a moment
    clock.advance(timedelta(days=4).total_seconds())
    bob.toot("hi @anna")
    assert kinds(anna) == ["mention"]


def test_private_mentions_of_strangers_wait_but_answers_do_not(anna: Person, bob: Person) -> None:
    bob.toot("psst @anna", visibility="direct")
    assert kinds(anna) == []
    assert len(anna.get(REQUESTS)) == 1
    asked = anna.toot("@bob what is it?", visibility="direct")
    bob.toot("@anna this", visibility="direct", in_reply_to_id=asked["id"])
    assert kinds(anna) == ["mention"]


def test_an_answer_into_a_talk_that_the_member_began_without_them_waits(
    anna: Person, bob: Person, carol: Person
) -> None:
    asked = anna.toot("@bob a secret", visibility="direct")
    answer = bob.toot("@anna and @carol", visibility="direct", in_reply_to_id=asked["id"])
    carol.toot("@anna I join", visibility="direct", in_reply_to_id=answer["id"])
    assert [each["account"]["acct"] for each in anna.get("/api/v1/notifications")] == ["bob"]
    assert [each["account"]["acct"] for each in anna.get(REQUESTS)] == ["carol"]


def test_limited_accounts_wait_unless_followed(anna: Person, bob: Person, database: Database) -> None:
    with database.write() as tx:
        tx.execute(sa.update(accounts).where(accounts.c.id == bob.id).values(silenced_at=1))
    bob.toot("hi @anna")
    assert kinds(anna) == []
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    bob.toot("hi again @anna")
    assert kinds(anna) == ["mention"]


def test_an_accepted_request_merges_and_lets_through(anna: Person, bob: Person) -> None:
    policy(anna, not_following="filter")
    bob.toot("one @anna")
    bob.toot("two @anna")
    (request,) = anna.get(REQUESTS)
    assert anna.get(f"{REQUESTS}/{request['id']}")["notifications_count"] == "2"
    bob.refused(404, "GET", f"{REQUESTS}/{request['id']}")
    bob.refused(404, "POST", f"{REQUESTS}/{request['id']}/accept")
    assert anna.post(f"{REQUESTS}/{request['id']}/accept") == {}
    assert kinds(anna) == ["mention", "mention"]
    assert anna.get(REQUESTS) == []
    assert anna.get(f"{REQUESTS}/merged") == {"merged": True}
    bob.toot("three @anna")
    assert kinds(anna) == ["mention"] * 3


def test_a_dismissed_request_is_forgotten(anna: Person, bob: Person) -> None:
    policy(anna, not_following="filter")
    bob.toot("one @anna")
    (request,) = anna.get(REQUESTS)
    anna.post(f"{REQUESTS}/{request['id']}/dismiss")
    assert kinds(anna, "include_filtered=true") == []
    bob.toot("two @anna")
    assert kinds(anna) == []
    assert anna.get(REQUESTS)[0]["notifications_count"] == "1"


def test_several_requests_at_once(anna: Person, bob: Person, carol: Person) -> None:
    policy(anna, not_following="filter")
    bob.toot("one @anna")
    carol.toot("two @anna")
    first, second = (each["id"] for each in anna.get(REQUESTS))
    anna.refused(404, "POST", f"{REQUESTS}/accept", json={"id": [first, "1"]})
    assert len(anna.get(REQUESTS)) == 2
    anna.post(f"{REQUESTS}/accept", {"id": [first]})
    anna.post(f"{REQUESTS}/dismiss", {"id": [second]})
    assert [each["account"]["acct"] for each in anna.get("/api/v1/notifications")] == ["carol"]
    assert anna.get(REQUESTS) == []


def test_requests_come_in_pages(anna: Person, bob: Person, carol: Person) -> None:
    policy(anna, not_following="filter")
    bob.toot("one @anna")
    carol.toot("two @anna")
    page = anna.ask("GET", f"{REQUESTS}?limit=1")
    assert [each["account"]["acct"] for each in page.json or ()] == ["carol"]
    assert 'rel="next"' in page.headers["Link"]
    assert [each["account"]["acct"] for each in anna.get(f"{REQUESTS}?max_id={(page.json or [])[0]['id']}")] == ["bob"]


def test_nothing_is_heard_of_who_is_muted_or_of_muted_talks(anna: Person, bob: Person, database: Database) -> None:
    own = anna.toot("x")
    with database.write() as tx:
        row = {"account_id": anna.id, "target_id": bob.id, "created_at": tx.now_ms}
        tx.execute(sa.insert(mutes).values(id=tx.next_id(), notifications=True, expires_at=tx.now_ms + 1000, **row))
    bob.toot("hi @anna")
    assert kinds(anna, "include_filtered=true") == []
    with database.write() as tx:
        tx.execute(sa.update(mutes).values(notifications=False))
    bob.toot("hi @anna")
    assert kinds(anna) == ["mention"]
    with database.write() as tx:
        tx.execute(sa.update(mutes).values(notifications=True, expires_at=tx.now_ms))  # over
    bob.toot("hi @anna")
    assert kinds(anna) == ["mention"] * 2
    with database.write() as tx:
        values = {"account_id": anna.id, "conversation_id": int(own["id"])}
        tx.execute(sa.insert(conversation_mutes).values(**values))
    bob.toot("@anna about this", in_reply_to_id=own["id"])
    bob.post(f"/api/v1/statuses/{own['id']}/favourite")
    assert kinds(anna) == ["mention"] * 2


def test_nothing_is_heard_of_a_domain_that_the_member_blocks(anna: Person, database: Database) -> None:
    with database.write() as tx:
        far, near = (store_remote(tx, remote_account("f", host)) for host in ("far.example", "near.example"))
        values = {"account_id": anna.id, "domain": "far.example", "created_at": 1}
        tx.execute(sa.insert(user_domain_blocks).values(id=tx.next_id(), **values))
        for each in (far, near):
            service.notify(tx, anna.id, NotificationKind.FOLLOW, each)
        assert [row.from_account_id for row in tx.all(sa.select(notifications))] == [near]


def test_a_post_that_names_somebody_blocked_is_none_to_hear_of(anna: Person, bob: Person, carol: Person) -> None:
    anna.post(f"/api/v1/accounts/{carol.id}/block")
    bob.toot("hi @anna and @carol")
    assert kinds(anna, "include_filtered=true") == []


def test_what_the_instance_says_is_always_heard(anna: Person, database: Database) -> None:
    policy(anna, not_following="drop", not_followers="drop", new_accounts="drop")
    own = anna.toot("a poll, say")
    with database.write() as tx:
        service.notify(tx, anna.id, NotificationKind.POLL, anna.id, int(own["id"]))
    assert kinds(anna) == ["poll"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", POLICY),
        ("PATCH", POLICY),
        ("PUT", "/api/v1/notifications/policy"),
        ("GET", REQUESTS),
        ("GET", f"{REQUESTS}/1"),
        ("GET", f"{REQUESTS}/merged"),
        ("POST", f"{REQUESTS}/1/accept"),
        ("POST", f"{REQUESTS}/1/dismiss"),
        ("POST", f"{REQUESTS}/accept"),
        ("POST", f"{REQUESTS}/dismiss"),
        ("GET", "/api/v2/notifications"),
        ("GET", "/api/v2/notifications/follow-1"),
        ("POST", "/api/v2/notifications/follow-1/dismiss"),
        ("GET", "/api/v2/notifications/follow-1/accounts"),
        ("GET", "/api/v2/notifications/unread_count"),
    ],
)
def test_strangers_and_other_scopes_get_nothing(method: str, path: str, stranger: Any, make_person: Any) -> None:
    assert stranger.open(path, method=method).status_code == 401
    make_person("dora", "read:statuses write:statuses push").refused(403, method, path)


def test_those_kept_apart_are_shown_among_the_others_on_request(anna: Person, bob: Person, carol: Person) -> None:
    policy(anna, not_following="filter")
    anna.post(f"/api/v1/accounts/{carol.id}/follow")
    for person in (bob, carol, bob, carol):
        person.toot("hi @anna")

    def names(query: str) -> list[str]:
        found = anna.get(f"/api/v1/notifications?include_filtered=true&{query}")
        return [each["account"]["acct"] for each in found]

    assert names("") == ["carol", "bob", "carol", "bob"]
    assert names("limit=3") == ["carol", "bob", "carol"]
    assert names("limit=3&min_id=0") == ["bob", "carol", "bob"]
    assert names(f"account_id={bob.id}") == ["bob", "bob"]
