# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members quote each other: who may, what is shown, and how it is taken back."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import Person
from tests.fediverse.entities import shapes

GONE = "The post you are trying to quote does not appear to exist."


def quote(person: Person, status: Any, **more: Any) -> Any:
    return person.toot("Look", quoted_status_id=status["id"], **more)


def refused(person: Person, status: Any, code: int = 404, **more: Any) -> str:
    sent = {"status": "x", "quoted_status_id": status["id"], **more}
    return person.refused(code, "POST", "/api/v1/statuses", json=sent)


def test_a_post_for_everybody_is_quoted_at_once(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    status = anna.toot("Mine")
    everybody = {"automatic": ["public"], "manual": []}
    assert bob.get(f"/api/v1/statuses/{status['id']}")["quote_approval"] == everybody | {"current_user": "automatic"}
    shown = stranger.get(f"/api/v1/statuses/{status['id']}").json
    assert shown is not None
    assert shown["quote_approval"] == everybody | {"current_user": "denied"}
    quoting = quote(bob, status)
    assert shapes.differences("Status", quoting) == []
    assert (quoting["quote"]["state"], quoting["quote"]["quoted_status"]["id"]) == ("accepted", status["id"])
    assert anna.get(f"/api/v1/statuses/{status['id']}")["quotes_count"] == 1
    assert [each["id"] for each in anna.get(f"/api/v1/statuses/{status['id']}/quotes")] == [quoting["id"]]
    (told,) = anna.get("/api/v1/notifications")
    assert (told["type"], told["status"]["id"], told["account"]["username"]) == ("quote", quoting["id"], "bob")


def test_of_a_boost_what_it_boosts_is_quoted(anna: Person, bob: Person) -> None:
    status = anna.toot("Mine")
    boost = bob.post(f"/api/v1/statuses/{status['id']}/reblog")
    assert quote(bob, boost)["quote"]["quoted_status"]["id"] == status["id"]


def test_followers_alone(anna: Person, bob: Person, carol: Person) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    status = anna.toot("Mine", quote_approval_policy="followers")
    seen = [each.get(f"/api/v1/statuses/{status['id']}")["quote_approval"]["current_user"] for each in (bob, carol)]
    assert seen == ["automatic", "denied"]
    assert quote(bob, status)["quote"]["state"] == "accepted"
    assert refused(carol, status) == GONE


def test_nobody_but_oneself(anna: Person, bob: Person) -> None:
    status = anna.toot("Mine", quote_approval_policy="nobody")
    assert status["quote_approval"] == {"automatic": [], "manual": [], "current_user": "automatic"}
    assert refused(bob, status) == GONE
    assert quote(anna, status)["quote"]["state"] == "accepted"
    assert anna.get("/api/v1/notifications") == []


def test_what_is_for_few_stays_with_them(anna: Person, bob: Person) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    private = anna.toot("Friends", visibility="private", quote_approval_policy="public")
    assert private["quote_approval"]["automatic"] == []
    assert refused(bob, private) == GONE
    assert quote(anna, private)["visibility"] == "private"
    assert quote(anna, private, visibility="direct")["visibility"] == "direct"
    assert refused(anna, anna.toot("@bob psst", visibility="direct")) == GONE
    hidden = anna.toot("Nobody follows back", visibility="private")
    anna.post(f"/api/v1/accounts/{bob.id}/remove_from_followers")
    assert refused(bob, hidden) == GONE


def test_who_is_blocked_may_not(anna: Person, bob: Person) -> None:
    status = anna.toot("Mine")
    anna.post(f"/api/v1/accounts/{bob.id}/block")
    assert refused(bob, status) == GONE
    assert refused(bob, {"id": "12345"}) == GONE


def test_in_private_the_quoted_must_be_named(anna: Person, bob: Person) -> None:
    status = anna.toot("Mine")
    said = refused(bob, status, 422, visibility="direct")
    assert said == "Validation failed: Quoted user must be mentioned in a private mention"
    assert bob.toot("@anna look", quoted_status_id=status["id"], visibility="direct")["quote"]["state"] == "accepted"


def test_the_choice_can_be_changed_and_made_once_for_all(anna: Person, bob: Person) -> None:
    status = anna.toot("Mine")
    quoting = quote(bob, status)
    path = f"/api/v1/statuses/{status['id']}/interaction_policy"
    changed = anna.ask("PUT", path, json={"quote_approval_policy": "nobody"}).json
    assert changed is not None
    assert changed["quote_approval"]["automatic"] == []
    assert bob.get(f"/api/v1/statuses/{quoting['id']}")["quote"]["state"] == "accepted", "quotes that there are stay"
    assert refused(bob, status) == GONE
    edited = anna.ask("PUT", f"/api/v1/statuses/{status['id']}", json={"quote_approval_policy": "followers"}).json
    assert edited is not None
    assert edited["quote_approval"]["automatic"] == ["followers"]
    bob.refused(403, "PUT", path, json={"quote_approval_policy": "public"})
    anna.refused(422, "PUT", path, json={"quote_approval_policy": "some"})
    update = "/api/v1/accounts/update_credentials"
    answer = anna.ask("PATCH", update, json={"source": {"quote_policy": "nobody"}}).json
    assert answer is not None
    assert (
        answer["source"]["quote_policy"] == anna.get("/api/v1/preferences")["posting:default:quote_policy"] == "nobody"
    )
    assert anna.toot("New")["quote_approval"]["automatic"] == []


def test_leave_is_taken_back(anna: Person, bob: Person, carol: Person) -> None:
    status = anna.toot("Mine")
    quoting = quote(bob, status)
    path = f"/api/v1/statuses/{status['id']}/quotes/{quoting['id']}/revoke"
    bob.refused(403, "POST", path)
    assert anna.post(path)["quote"] == {"state": "revoked", "quoted_status": None}
    assert carol.get(f"/api/v1/statuses/{quoting['id']}")["quote"]["state"] == "revoked"
    assert anna.get(f"/api/v1/statuses/{status['id']}")["quotes_count"] == 0
    anna.refused(404, "POST", f"/api/v1/statuses/{status['id']}/quotes/{status['id']}/revoke")


def test_a_quote_among_others_is_no_news_and_can_be_taken_back(anna: Person, bob: Person, carol: Person) -> None:
    carol.post(f"/api/v1/accounts/{bob.id}/follow")
    status = anna.toot("Mine")
    quoting = quote(bob, status, visibility="private")
    assert anna.get("/api/v1/notifications") == []
    assert anna.get("/api/v1/notifications/unread_count") == {"count": 0}
    path = f"/api/v1/statuses/{status['id']}/quotes/{quoting['id']}/revoke"
    carol.refused(403, "POST", path)
    shown = anna.post(path)
    assert shown["id"] == status["id"], "what she may not read is not shown to her now either"
    assert shown["quotes_count"] == 0
    assert carol.get(f"/api/v1/statuses/{quoting['id']}")["quote"] == {"state": "revoked", "quoted_status": None}


def test_who_may_read_a_quote_hears_of_it(anna: Person, bob: Person) -> None:
    status = anna.toot("Mine")
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    quoting = quote(bob, status, visibility="private")
    told = [each for each in anna.get("/api/v1/notifications") if each["type"] == "quote"]
    assert [each["status"]["id"] for each in told] == [quoting["id"]]


@pytest.mark.parametrize("visibility", ["public", "private"])
def test_a_block_takes_leave_back(anna: Person, bob: Person, carol: Person, visibility: str) -> None:
    carol.post(f"/api/v1/accounts/{bob.id}/follow")
    status, other = anna.toot("Mine"), carol.toot("Carol's")
    quoting, kept = (quote(bob, each, visibility=visibility) for each in (status, other))
    back = quote(anna, bob.toot("Bob's"))
    anna.post(f"/api/v1/accounts/{bob.id}/block")
    assert carol.get(f"/api/v1/statuses/{quoting['id']}")["quote"] == {"state": "revoked", "quoted_status": None}
    assert anna.get(f"/api/v1/statuses/{status['id']}")["quotes_count"] == 0
    for one in (kept, back):
        assert carol.get(f"/api/v1/statuses/{one['id']}")["quote"]["state"] == "accepted"


def test_who_quotes_hears_of_edits(anna: Person, bob: Person, clock: VirtualClock) -> None:
    status = anna.toot("Mine")
    quote(bob, status)
    clock.advance(1)
    anna.ask("PUT", f"/api/v1/statuses/{status['id']}", json={"status": "Changed"})
    (told,) = bob.get("/api/v1/notifications")
    assert (told["type"], told["status"]["id"]) == ("quoted_update", status["id"])


def test_a_quote_needs_no_words_and_survives_what_it_quotes(anna: Person, bob: Person) -> None:
    status = anna.toot("Mine")
    quoting = bob.post("/api/v1/statuses", {"quoted_status_id": status["id"]})
    link = f'<a href="{status["url"]}">@anna</a>'
    assert quoting["content"] == f'<p class="quote-inline">RE: {link}</p>'
    edited = bob.ask("PUT", f"/api/v1/statuses/{quoting['id']}", json={"status": "Look"}).json
    assert edited is not None
    assert edited["content"] == f'<p class="quote-inline">RE: {link}</p><p>Look</p>'
    assert bob.get(f"/api/v1/statuses/{quoting['id']}/source")["text"] == "Look"
    anna.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    assert bob.get(f"/api/v1/statuses/{quoting['id']}")["quote"] == {"state": "deleted", "quoted_status": None}


@pytest.mark.parametrize("given", ["x", "-1", "99999999999999999999", ""])
def test_nonsense(anna: Person, given: str) -> None:
    answer = anna.ask("POST", "/api/v1/statuses", json={"status": "x", "quoted_status_id": given})
    assert answer.status_code == (200 if given == "" else 404 if given != "x" else 422)


def test_a_quote_may_wait_for_its_time(anna: Person, bob: Person) -> None:
    made = bob.toot("Later", quoted_status_id=anna.toot("Mine")["id"], scheduled_at="2099-01-01T00:00:00Z")
    assert shapes.differences("ScheduledStatus", made) == []
