# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest

from appliance.fediverse.services.lists import MAX_LISTS
from tests.fediverse.conftest import MakePerson, Person

ALL, HOME = "/api/v1/lists", "/api/v1/timelines/home"


def _ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer]


def _make(person: Person, *members: Person, **asked: Any) -> str:
    made = person.post(ALL, {"title": "Friends"} | asked)
    for member in members:
        person.post(f"/api/v1/accounts/{member.id}/follow")
        assert person.post(f"{ALL}/{made['id']}/accounts", {"account_ids": [str(member.id)]}) == {}
    return str(made["id"])


def _shown(person: Person, list_id: str) -> list[str]:
    return _ids(person.get(f"/api/v1/timelines/list/{list_id}"))


def test_a_list_is_made_shown_changed_and_deleted(anna: Person) -> None:
    made = anna.post(ALL, {"title": "Friends"})
    assert made == {"id": made["id"], "title": "Friends", "replies_policy": "list", "exclusive": False}
    path = f"{ALL}/{made['id']}"
    assert anna.get(ALL) == [made] == [anna.get(path)]
    changed = anna.ask("PUT", path, json={"title": "Kin", "replies_policy": "none", "exclusive": True}).json
    assert changed == {"id": made["id"], "title": "Kin", "replies_policy": "none", "exclusive": True}
    assert anna.ask("DELETE", path).json == {}
    assert anna.get(ALL) == []
    anna.refused(404, "GET", path)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({}, "Validation failed: Title can't be blank"),
        ({"title": " "}, "Validation failed: Title can't be blank"),
        ({"title": "x" * 257}, "Title is too long"),
        ({"title": "x", "replies_policy": "some"}, "'some' is not a valid replies_policy"),
        ({"title": "x", "exclusive": "maybe"}, "exclusive"),
    ],
)
def test_what_makes_no_list_is_refused(anna: Person, asked: dict[str, Any], sentence: str) -> None:
    assert sentence in anna.refused(422, "POST", ALL, json=asked)
    assert anna.get(ALL) == []


def test_there_is_an_end_to_lists(anna: Person) -> None:
    for _ in range(MAX_LISTS):
        _make(anna)
    anna.refused(422, "POST", ALL, json={"title": "x"})


def test_members_are_people_followed_each_once(anna: Person, bob: Person, carol: Person) -> None:
    made = _make(anna, bob)
    path = f"{ALL}/{made}/accounts"
    assert _ids(anna.get(path)) == [str(bob.id)]
    assert _ids(anna.get(f"{path}?limit=0")) == [str(bob.id)]
    assert _ids(anna.get(f"/api/v1/accounts/{bob.id}/lists")) == [made]
    anna.refused(422, "POST", path, json={"account_ids": [bob.id]})
    for wrong in ([carol.id], [77], [], ["x"], [bob.id, carol.id]):
        anna.refused(404, "POST", path, json={"account_ids": wrong})
    assert anna.ask("DELETE", path, json={"account_ids": [bob.id, carol.id]}).json == {}
    assert anna.get(path) == []
    anna.post(path, {"account_ids": [bob.id]})
    anna.post(f"/api/v1/accounts/{bob.id}/unfollow")
    assert anna.get(path) == []


def test_a_list_shows_what_its_members_write_and_boost(anna: Person, bob: Person, carol: Person) -> None:
    before = bob.toot("before")
    made = _make(anna, bob)
    after, other = bob.toot("after", visibility="private"), carol.toot("not on it")
    assert _shown(anna, made) == [after["id"], before["id"]]
    boost = bob.post(f"/api/v1/statuses/{other['id']}/reblog")
    assert _shown(anna, made)[0] == boost["id"]
    assert _shown(anna, made)[:2] == _ids(anna.get(HOME))[:2]
    page = anna.ask("GET", f"/api/v1/timelines/list/{made}?limit=1")
    assert f"max_id={boost['id']}" in page.headers["Link"]
    bob.ask("DELETE", f"/api/v1/statuses/{after['id']}")
    anna.post(f"/api/v1/accounts/{bob.id}/mute")
    assert _shown(anna, made) == []
    bob.toot("unheard")
    assert _shown(anna, made) == []


@pytest.mark.parametrize(
    ("policy", "expected"), [("followed", "self friend known"), ("list", "self friend"), ("none", "self")]
)
def test_replies_are_shown_by_policy(
    anna: Person, bob: Person, carol: Person, make_person: MakePerson, policy: str, expected: str
) -> None:
    dora, stranger = make_person("dora"), make_person("eve")
    made = _make(anna, bob, carol, replies_policy=policy)
    anna.post(f"/api/v1/accounts/{dora.id}/follow")
    start, mine = bob.toot("start"), anna.toot("mine")
    replies = {
        "self": bob.toot("and", in_reply_to_id=start["id"]),
        "friend": bob.toot("@carol yes", in_reply_to_id=carol.toot("x")["id"]),
        "known": bob.toot("@dora yes", in_reply_to_id=dora.toot("x")["id"]),
        "unknown": bob.toot("@eve yes", in_reply_to_id=stranger.toot("x")["id"]),
    }
    to_owner = bob.toot("@anna yes", in_reply_to_id=mine["id"])
    shown = _shown(anna, made)
    assert " ".join(name for name, each in replies.items() if each["id"] in shown) == expected
    assert to_owner["id"] in shown


def test_whoever_is_on_an_exclusive_list_is_not_at_home(anna: Person, bob: Person, carol: Person) -> None:
    first = bob.toot("first")
    made = _make(anna, bob, exclusive=True)
    second, other = bob.toot("second"), carol.toot("third #tea")
    boost = bob.post(f"/api/v1/statuses/{other['id']}/reblog")
    assert _shown(anna, made) == [boost["id"], second["id"], first["id"]]
    assert anna.get(HOME) == []
    anna.ask("PUT", f"{ALL}/{made}", json={"exclusive": False})
    assert _ids(anna.get(HOME)) == [second["id"], first["id"]]
    anna.ask("PUT", f"{ALL}/{made}", json={"exclusive": True})
    assert anna.get(HOME) == []
    anna.ask("DELETE", f"{ALL}/{made}")
    assert _ids(anna.get(HOME)) == [second["id"], first["id"]]


def test_nobody_reaches_the_lists_of_others(anna: Person, bob: Person, carol: Person, make_person: MakePerson) -> None:
    made = _make(anna, bob)
    carol.post(f"/api/v1/accounts/{bob.id}/follow")
    one, members = f"{ALL}/{made}", f"{ALL}/{made}/accounts"
    for method, path in (
        ("GET", one),
        ("PUT", one),
        ("DELETE", one),
        ("GET", members),
        ("POST", members),
        ("DELETE", members),
        ("GET", f"/api/v1/timelines/list/{made}"),
        ("GET", "/api/v1/timelines/list/nonsense"),
    ):
        asked = {} if method == "GET" else {"json": {"title": "x", "account_ids": [bob.id]}}
        carol.refused(404, method, path, **asked)
        assert carol.client.open(path, method=method).status_code == 401
        make_person("carol", scopes="read:statuses write:statuses").refused(403, method, path, **asked)
    assert carol.get(f"/api/v1/accounts/{bob.id}/lists") == []
    assert _ids(anna.get(members)) == [str(bob.id)]
