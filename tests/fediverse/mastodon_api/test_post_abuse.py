# SPDX-License-Identifier: AGPL-3.0-or-later
"""What belongs to posts, asked for by strangers, with the wrong scope, and in nonsense."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.fediverse.conftest import MakePerson, Person

# Method, path, and a scope that is not enough; everything here needs one.
GUARDED = (
    ("POST", "/api/v1/polls/{}/votes", "read"),
    ("GET", "/api/v1/scheduled_statuses", "write"),
    ("GET", "/api/v1/scheduled_statuses/{}", "write"),
    ("PUT", "/api/v1/scheduled_statuses/{}", "read"),
    ("DELETE", "/api/v1/scheduled_statuses/{}", "read"),
    ("GET", "/api/v1/conversations", "write"),
    ("DELETE", "/api/v1/conversations/{}", "read write:statuses"),
    ("POST", "/api/v1/conversations/{}/read", "read write:statuses"),
    ("POST", "/api/v1/conversations/{}/unread", "read write:statuses"),
    ("POST", "/api/v1/statuses/{}/pin", "read write:statuses"),
    ("POST", "/api/v1/statuses/{}/unpin", "read write:statuses"),
    ("POST", "/api/v1/statuses/{}/mute", "read write:statuses"),
    ("POST", "/api/v1/statuses/{}/unmute", "read write:statuses"),
    ("POST", "/api/v1/statuses/{}/translate", "write"),
    ("GET", "/api/v1/statuses/{}/quotes", "write"),
    ("PUT", "/api/v1/statuses/{}/interaction_policy", "read"),
    ("POST", "/api/v1/statuses/{}/quotes/1/revoke", "read"),
)
NONSENSE = ("0", "-1", "abc", "9" * 18, "9" * 40, "%00", "1%2F2", "'; --")


@pytest.mark.parametrize(("method", "path", "scope"), GUARDED)
def test_strangers_and_narrow_tokens_are_refused(
    anna: Person, stranger: FlaskClient, make_person: MakePerson, method: str, path: str, scope: str
) -> None:
    path = path.format(anna.toot("x")["id"])
    assert stranger.open(path, method=method).status_code == 401
    make_person("anna", scopes=scope).refused(403, method, path)


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in GUARDED if "{}" in path])
def test_what_is_nothing_is_not_found(bob: Person, method: str, path: str) -> None:
    for thing in NONSENSE:
        answer = bob.ask(method, path.format(thing), json={} if method != "GET" else None)
        assert answer.status_code == 404, (thing, answer.text)


@pytest.mark.parametrize(
    "body",
    [
        {"poll": "x"},
        {"poll": {"options": "x"}},
        {"poll": {"options": {"a": {"b": {"c": {"d": {"e": 1}}}}}}},
        {"poll": {"options": ["a", "b"], "expires_in": {}}},
        {"poll": {"options": [None, None], "expires_in": 600}},
        {"poll": {"options": [["a"], ["b"]], "expires_in": 600}},
        {"poll": {"options": ["a", "b"], "expires_in": 600, "multiple": "perhaps"}},
        {"poll": {"options": ["a", "\ud800"], "expires_in": 600}},
        {"scheduled_at": [1, 2]},
        {"scheduled_at": {"a": 1}},
        {"scheduled_at": "2999-01-01T00:00:00" + "0" * 5000},
        {"media_ids": ["x", -1, None], "poll": {"options": ["a", "b"], "expires_in": 600}},
        {"in_reply_to_id": {"a": 1}},
        {"visibility": ["public", "direct", 7]},
    ],
)
def test_no_body_is_a_traceback(anna: Person, body: dict[str, Any]) -> None:
    answer = anna.ask("POST", "/api/v1/statuses", json={"status": "x"} | body)
    assert answer.status_code in (200, 400, 404, 422), answer.text
    assert answer.json is not None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-5", "limit=9999999999999999999999", "max_id=x", "min_id=-1&since_id=9", "max_id=%00"]
)
@pytest.mark.parametrize("path", ["conversations", "scheduled_statuses", "favourites", "bookmarks"])
def test_pages_of_nonsense_are_answered(anna: Person, path: str, query: str) -> None:
    assert anna.ask("GET", f"/api/v1/{path}?{query}").status_code in (200, 422)
