# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import ORIGIN, Person

STATUS_KEYS = {
    *("id", "created_at", "in_reply_to_id", "in_reply_to_account_id", "sensitive", "spoiler_text", "visibility"),
    *("language", "uri", "url", "replies_count", "reblogs_count", "favourites_count", "edited_at", "content"),
    *("reblog", "application", "account", "media_attachments", "mentions", "tags", "emojis", "card", "poll"),
    *("quote", "quote_approval", "quotes_count", "tagged_collections"),
    *("favourited", "reblogged", "muted", "bookmarked", "pinned", "filtered"),
}
ACCOUNT_KEYS = {
    *("id", "username", "acct", "display_name", "locked", "bot", "discoverable", "group", "created_at", "note"),
    *("url", "uri", "avatar", "avatar_static", "header", "header_static", "followers_count", "following_count"),
    *("statuses_count", "last_status_at", "hide_collections", "noindex", "emojis", "roles", "fields"),
}


def test_a_post_has_every_documented_key(anna: Person) -> None:
    status = anna.toot("hello #tea", spoiler_text="drinks", language="en")
    assert set(status) == STATUS_KEYS
    assert set(status["account"]) >= ACCOUNT_KEYS
    assert status["content"] == (
        f'<p>hello <a href="{ORIGIN}/tags/tea" class="mention hashtag" rel="tag">#<span>tea</span></a></p>'
    )
    assert status["uri"] == f"{ORIGIN}/users/anna/statuses/{status['id']}"
    assert status["url"] == f"{ORIGIN}/@anna/{status['id']}"
    assert status["created_at"] == "2026-01-01T00:00:00.000Z"
    assert (status["sensitive"], status["spoiler_text"], status["language"]) == (True, "drinks", "en")
    assert status["tags"] == [{"name": "tea", "url": f"{ORIGIN}/tags/tea"}]
    assert status["application"] == {"name": "Tests", "website": None}


def test_the_same_idempotency_key_posts_once(anna: Person, clock: VirtualClock) -> None:
    key = {"Idempotency-Key": "k"}
    first = anna.post("/api/v1/statuses", {"status": "hi"}, headers=key)
    assert anna.post("/api/v1/statuses", {"status": "hi"}, headers=key)["id"] == first["id"]
    clock.advance(3601)
    assert anna.post("/api/v1/statuses", {"status": "hi"}, headers=key)["id"] != first["id"]


def test_an_idempotency_key_is_ones_own(anna: Person, bob: Person) -> None:
    key = {"Idempotency-Key": "k"}
    first = anna.post("/api/v1/statuses", {"status": "hi"}, headers=key)
    assert bob.post("/api/v1/statuses", {"status": "hi"}, headers=key)["id"] != first["id"]


def test_a_reply_is_counted_and_in_the_thread(anna: Person, bob: Person) -> None:
    first = anna.toot("one")
    second = bob.toot("@anna two", in_reply_to_id=first["id"])
    third = anna.toot("@bob three", in_reply_to_id=second["id"])
    assert second["in_reply_to_account_id"] == str(anna.id)
    assert second["mentions"][0]["acct"] == "anna"
    thread = anna.get(f"/api/v1/statuses/{second['id']}/context")
    assert [each["id"] for each in thread["ancestors"]] == [first["id"]]
    assert [each["id"] for each in thread["descendants"]] == [third["id"]]
    assert anna.get(f"/api/v1/statuses/{first['id']}")["replies_count"] == 1


def test_edits_keep_what_was_said_before(anna: Person, bob: Person, clock: VirtualClock) -> None:
    status = anna.toot("one")
    bob.post(f"/api/v1/statuses/{status['id']}/reblog")
    clock.advance(60)
    response = anna.ask("PUT", f"/api/v1/statuses/{status['id']}", json={"status": "two @bob"})
    assert response.json is not None
    assert response.json["edited_at"] == "2026-01-01T00:01:00.000Z"
    history = anna.get(f"/api/v1/statuses/{status['id']}/history")
    assert [each["content"][:6] for each in history] == ["<p>one", "<p>two"]
    assert anna.get(f"/api/v1/statuses/{status['id']}/source") == {
        "id": status["id"],
        "text": "two @bob",
        "spoiler_text": "",
    }
    assert {each["type"] for each in bob.get("/api/v1/notifications")} == {"mention", "update"}


def test_deleting_answers_the_text_and_takes_everything_along(anna: Person, bob: Person) -> None:
    status = anna.toot("hi @bob")
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    bob.post(f"/api/v1/statuses/{status['id']}/reblog")
    deleted = anna.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    assert deleted.json is not None
    assert deleted.json["text"] == "hi @bob"
    assert bob.refused(404, "GET", f"/api/v1/statuses/{status['id']}") == "Record not found"
    assert bob.get("/api/v1/timelines/home") == []
    assert [each["type"] for each in bob.get("/api/v1/notifications")] == []
    assert anna.get(f"/api/v1/accounts/{bob.id}")["statuses_count"] == 0
    assert anna.get(f"/api/v1/accounts/{anna.id}")["statuses_count"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", ""), ("DELETE", ""), ("GET", "/source")],
)
def test_nobody_edits_or_deletes_the_posts_of_others(anna: Person, bob: Person, method: str, path: str) -> None:
    status = anna.toot("mine")
    bob.refused(404, method, f"/api/v1/statuses/{status['id']}{path}", json={"status": "yours"})
    assert anna.get(f"/api/v1/statuses/{status['id']}")["content"] == "<p>mine</p>"


def test_direct_messages_are_seen_by_nobody_else(
    anna: Person, bob: Person, carol: Person, stranger: FlaskClient
) -> None:
    carol.post(f"/api/v1/accounts/{anna.id}/follow")
    first = anna.toot("start")
    secret = anna.toot("@bob secret #tea", visibility="direct", in_reply_to_id=first["id"])
    path = f"/api/v1/statuses/{secret['id']}"
    assert bob.get(path)["visibility"] == "direct"
    for method, more in (
        ("GET", ""),
        ("GET", "/context"),
        ("GET", "/history"),
        ("GET", "/favourited_by"),
        ("POST", "/favourite"),
        ("POST", "/reblog"),
        ("POST", "/bookmark"),
    ):
        carol.refused(404, method, path + more)
    carol.refused(404, "POST", "/api/v1/statuses", json={"status": "hm", "in_reply_to_id": secret["id"]})
    bob.refused(404, "POST", f"{path}/reblog")
    for where in (
        "/api/v1/timelines/home",
        "/api/v1/timelines/public",
        "/api/v1/timelines/tag/tea",
        f"/api/v1/accounts/{anna.id}/statuses",
        f"/api/v1/statuses?id[]={secret['id']}",
    ):
        assert secret["id"] not in [each["id"] for each in carol.get(where)]
    assert carol.get(f"/api/v1/statuses/{first['id']}/context")["descendants"] == []
    assert carol.get("/api/v2/search", query_string={"q": secret["url"]})["statuses"] == []
    assert stranger.get(path).status_code == 404
    assert "secret" not in stranger.get(f"/@anna/{secret['id']}").text
    assert "secret" not in stranger.get("/@anna").text
    assert [each["id"] for each in bob.get("/api/v1/timelines/home")] == [secret["id"]]


def test_posts_for_followers_are_for_followers(anna: Person, bob: Person, carol: Person) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    status = anna.toot("for friends", visibility="private")
    assert bob.get("/api/v1/timelines/home")[0]["id"] == status["id"]
    bob.refused(404, "POST", f"/api/v1/statuses/{status['id']}/reblog")
    carol.refused(404, "GET", f"/api/v1/statuses/{status['id']}")
    assert carol.get(f"/api/v1/accounts/{anna.id}/statuses") == []
    assert anna.post(f"/api/v1/statuses/{status['id']}/reblog")["visibility"] == "private"


def test_a_boost_for_followers_tells_nobody_else_who_boosted(
    anna: Person, bob: Person, carol: Person, stranger: FlaskClient
) -> None:
    path = f"/api/v1/statuses/{anna.toot('good')['id']}"
    carol.post(f"/api/v1/accounts/{bob.id}/follow")
    bob.post(f"{path}/reblog", {"visibility": "private"})
    assert stranger.get(f"{path}/reblogged_by").json == []
    assert anna.get(f"{path}/reblogged_by") == []
    assert [each["id"] for each in carol.get(f"{path}/reblogged_by")] == [str(bob.id)]
    assert [each["id"] for each in bob.get(f"{path}/reblogged_by")] == [str(bob.id)]


def test_boosting_favouring_bookmarking_and_back(anna: Person, bob: Person) -> None:
    status = anna.toot("good")
    path = f"/api/v1/statuses/{status['id']}"
    boost = bob.post(f"{path}/reblog")
    assert boost["reblog"]["id"] == status["id"]
    assert boost["reblog"]["reblogged"] is True
    assert bob.post(f"{path}/reblog")["id"] == boost["id"]
    assert bob.post(f"/api/v1/statuses/{boost['id']}/favourite")["id"] == status["id"]
    assert bob.post(f"{path}/bookmark")["bookmarked"] is True
    seen = anna.get(path)
    assert (seen["reblogs_count"], seen["favourites_count"], seen["bookmarked"]) == (1, 1, False)
    assert [each["id"] for each in anna.get(f"{path}/reblogged_by")] == [str(bob.id)]
    assert [each["id"] for each in anna.get(f"{path}/favourited_by")] == [str(bob.id)]
    assert [each["id"] for each in bob.get("/api/v1/favourites")] == [status["id"]]
    assert [each["id"] for each in bob.get("/api/v1/bookmarks")] == [status["id"]]
    assert [each["type"] for each in anna.get("/api/v1/notifications")] == ["favourite", "reblog"]
    for act in ("unreblog", "unfavourite", "unbookmark"):
        answer = bob.post(f"{path}/{act}")
    assert (answer["reblogs_count"], answer["favourites_count"], answer["bookmarked"]) == (0, 0, False)
    assert bob.get("/api/v1/favourites") == bob.get("/api/v1/bookmarks") == []
    assert anna.get("/api/v1/notifications") == []


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "blank"),
        ({"status": " \n "}, "blank"),
        ({"status": "x" * 501}, "limit"),
        ({"status": "x" * 499, "spoiler_text": "ab"}, "limit"),
        ({"status": "hi", "visibility": "everyone"}, "visibility"),
        ({"status": "hi", "language": "not a language"}, "Language"),
        ({"status": "hi", "sensitive": "perhaps"}, "true or false"),
        ({"status": "hi", "in_reply_to_id": "abc"}, "number"),
        ({"status": "hi", "media_ids": ["1"]}, "could not be found"),
        ({"status": "hi", "poll": {"options": ["a", "b"]}}, "Expires at"),
        ({"status": "lone \ud800 surrogate"}, "not text"),
        ({"status": "nul \0"}, "not text"),
    ],
)
def test_what_cannot_be_posted(anna: Person, body: dict[str, Any], part: str) -> None:
    assert part in anna.refused(422, "POST", "/api/v1/statuses", json=body)
    assert anna.get(f"/api/v1/accounts/{anna.id}/statuses") == []


def test_five_hundred_characters_can_be_posted(anna: Person) -> None:
    anna.toot("x" * 476 + " https://far.example/" + "y" * 300)


def test_a_reply_to_nothing_is_not_found(anna: Person) -> None:
    anna.refused(404, "POST", "/api/v1/statuses", json={"status": "hi", "in_reply_to_id": "99999999999999999999999"})


@pytest.mark.parametrize("status_id", ["0", "-1", "abc", "9" * 40, "%00", "1e5", "１"])
def test_ids_that_are_none_are_not_found(anna: Person, status_id: str) -> None:
    assert anna.refused(404, "GET", f"/api/v1/statuses/{status_id}") == "Record not found"
