# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections among members: who may make, change and see them, who is in them, and how she leaves."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.fediverse.model import Role
from tests.fediverse.conftest import MakePerson, Person
from tests.fediverse.entities import shapes

ALL = "/api/v1/collections"


def make(person: Person, *people: Person, name: str = "Nice people", **more: Any) -> Any:
    body = {"name": name, "account_ids": [str(each.id) for each in people], **more}
    return person.post(ALL, body)["collection"]


def shown(person: Person, collection: Any) -> Any:
    return person.get(f"{ALL}/{collection['id']}")["collection"]


def named(answer: Any) -> list[str]:
    return [each["name"] for each in answer["collections"]]


def people_in(collection: Any) -> list[int]:
    return [int(each["account_id"]) for each in collection["items"]]


def told(person: Person) -> list[tuple[str, str]]:
    """Kind and collection of the notices of collections."""
    found = person.get("/api/v1/notifications")
    return [(each["type"], each["collection"]["name"]) for each in found if "collection" in each]


def test_a_collection_is_made_shown_changed_and_deleted(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    made = make(
        *(anna, bob),
        description="Read them",
        language="en",
        tag_name="#Accounts",
        sensitive=True,
    )
    assert shapes.differences("Collection", made) == []
    assert (made["name"], made["description"], made["language"]) == ("Nice people", "Read them", "en")
    assert made["tag"] == {"name": "accounts", "url": "http://localhost:10100/tags/accounts"}
    assert (made["sensitive"], made["discoverable"], made["local"], made["item_count"]) == (True, True, True, 1)
    assert (made["account_id"], people_in(made), made["items"][0]["state"]) == (str(anna.id), [bob.id], "accepted")
    answer = stranger.get(f"{ALL}/{made['id']}").json
    assert answer is not None
    assert shapes.differences("CollectionWithAccounts", answer) == []
    assert [each["username"] for each in answer["accounts"]] == ["anna", "bob"]
    change = {"name": "Others", "description": "", "language": None, "tag_name": None, "discoverable": False}
    changed = anna.ask("PATCH", f"{ALL}/{made['id']}", json=change).json
    assert changed is not None
    assert {key: changed["collection"][key] for key in ("name", "description", "language", "tag", "discoverable")} == {
        "name": "Others",
        "description": "",
        "language": None,
        "tag": None,
        "discoverable": False,
    }
    assert changed["collection"]["sensitive"], "what is not named stays"
    gone = anna.ask("DELETE", f"{ALL}/{made['id']}")
    assert (gone.status_code, gone.data) == (200, b"")
    anna.refused(404, "GET", f"{ALL}/{made['id']}")
    anna.refused(404, "DELETE", f"{ALL}/{made['id']}")


def test_one_that_is_not_listed_is_found_by_its_address_alone(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    make(anna, name="open")
    hidden = make(anna, name="hidden", discoverable=False)
    for path in (f"/api/v1/accounts/{anna.id}/collections", f"/api/v1/{anna.id}/collections"):
        assert named(anna.get(path)) == ["hidden", "open"]
        assert named(bob.get(path)) == ["open"]
        assert named(stranger.get(path).json) == ["open"]
    assert shown(bob, hidden)["name"] == "hidden"


def test_lists_have_pages(anna: Person) -> None:
    for number in range(5):
        make(anna, name=str(number))
    path = f"/api/v1/accounts/{anna.id}/collections"
    first = anna.ask("GET", f"{path}?limit=2")
    assert (named(first.json), first.headers["Link"]) == (
        ["4", "3"],
        f'<http://localhost:10100{path}?limit=2&offset=2>; rel="next"',
    )
    last = anna.ask("GET", f"{path}?limit=2&offset=4")
    assert (named(last.json), last.headers["Link"]) == (
        ["0"],
        f'<http://localhost:10100{path}?limit=2&offset=2>; rel="prev"',
    )
    anna.refused(404, "GET", "/api/v1/accounts/1/collections")


def test_who_is_in_it_is_told_and_may_leave(anna: Person, bob: Person, carol: Person) -> None:
    made = make(anna, bob, carol)
    assert told(bob) == [("added_to_collection", "Nice people")]
    in_it = bob.get(f"/api/v1/accounts/{bob.id}/in_collections")
    assert named(in_it) == named(bob.get(f"/api/v1/{bob.id}/in_collections")) == ["Nice people"]
    assert anna.refused(403, "GET", f"/api/v1/accounts/{bob.id}/in_collections") == "This action is not allowed"
    (item,) = [each["id"] for each in made["items"] if each["account_id"] == str(bob.id)]
    path = f"{ALL}/{made['id']}/items/{item}"
    assert carol.refused(403, "POST", f"{path}/revoke") == "This action is not allowed"
    left = bob.ask("POST", f"{path}/revoke")
    assert (left.status_code, left.data) == (200, b"")
    assert people_in(shown(anna, made)) == people_in(shown(bob, made)) == [carol.id]
    assert (told(bob), named(bob.get(f"/api/v1/{bob.id}/in_collections"))) == ([], [])
    bob.refused(404, "POST", f"{path}/revoke")
    # Nor is he put back.
    again = {"account_id": str(bob.id)}
    assert "already been taken" in anna.refused(422, "POST", f"{ALL}/{made['id']}/items", json=again)


def test_who_is_in_it_hears_what_it_is_called_now(anna: Person, bob: Person) -> None:
    made = make(anna, bob)
    for name in ("Better people", "Best people"):
        anna.ask("PATCH", f"{ALL}/{made['id']}", json={"name": name})
    anna.ask("PATCH", f"{ALL}/{made['id']}", json={"sensitive": True})
    assert told(bob) == [("collection_update", "Best people"), ("added_to_collection", "Best people")]
    grouped = bob.get("/api/v2/notifications")["notification_groups"]
    assert [each["collection"]["id"] for each in grouped] == [made["id"]] * 2
    anna.ask("DELETE", f"{ALL}/{made['id']}")
    assert bob.get("/api/v1/notifications") == []


def test_an_app_that_knows_no_collections_gets_words(anna: Person, bob: Person) -> None:
    make(anna, bob)
    (plain,) = bob.get("/api/v1/notifications")
    assert "fallback" not in plain
    (known,) = bob.get("/api/v1/notifications?supported_types[]=added_to_collection")
    assert "fallback" not in known
    (old,) = bob.get("/api/v1/notifications?supported_types[]=mention")
    assert old["fallback"] == {"title": "anna added you to a collection", "summary": None, "details": None}
    assert shapes.differences("Notification", old) == []
    (group,) = bob.get("/api/v2/notifications?supported_types[]=mention")["notification_groups"]
    assert group["fallback"]["title"] == "anna added you to a collection"
    assert "fallback" in bob.get(f"/api/v1/notifications/{old['id']}?supported_types[]=mention")


def test_people_are_added_and_removed(anna: Person, bob: Person, carol: Person) -> None:
    made = make(anna)
    path = f"{ALL}/{made['id']}/items"
    item = anna.post(path, {"account_id": str(bob.id)})["collection_item"]
    assert shapes.differences("CollectionItem", item) == []
    assert people_in(shown(carol, made)) == [bob.id]
    bob.refused(403, "POST", path, json={"account_id": str(carol.id)})
    bob.refused(403, "DELETE", f"{path}/{item['id']}")
    other = make(anna, name="Other")
    anna.refused(404, "DELETE", f"{ALL}/{other['id']}/items/{item['id']}")
    removed = anna.ask("DELETE", f"{path}/{item['id']}")
    assert (removed.status_code, removed.data) == (200, b"")
    assert (people_in(shown(anna, made)), told(bob)) == ([], [])
    anna.post(path, {"account_id": str(bob.id)})
    assert told(bob) == [("added_to_collection", "Nice people")]


def test_only_who_wants_to_be_found_is_in_one(anna: Person, bob: Person, carol: Person) -> None:
    approval = bob.get(f"/api/v1/accounts/{anna.id}")["feature_approval"]
    assert approval == {"automatic": ["public"], "manual": [], "current_user": "automatic"}
    carol.post(f"/api/v1/accounts/{anna.id}/follow")
    anna.ask("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
    for person, may in ((bob, "denied"), (carol, "automatic"), (anna, "automatic")):
        approval = person.get(f"/api/v1/accounts/{anna.id}")["feature_approval"]
        assert approval == {"automatic": ["followers"], "manual": [], "current_user": may}
    status = anna.toot("x")
    assert carol.get(f"/api/v1/statuses/{status['id']}")["account"]["feature_approval"]["current_user"] == "automatic"
    assert bob.refused(403, "POST", ALL, json={"name": "x", "account_ids": [str(anna.id)]}) == (
        "This action is not allowed"
    )
    assert named(bob.get(f"/api/v1/{bob.id}/collections")) == [], "all or nothing"
    assert make(carol, anna)["item_count"] == 1
    anna.ask("PATCH", "/api/v1/accounts/update_credentials", json={"discoverable": False, "locked": False})
    approval = carol.get(f"/api/v1/accounts/{anna.id}")["feature_approval"]
    assert approval == {"automatic": [], "manual": [], "current_user": "denied"}
    made = make(carol)
    carol.refused(403, "POST", f"{ALL}/{made['id']}/items", json={"account_id": str(anna.id)})
    assert make(anna, anna)["item_count"] == 1, "oneself always"
    assert told(anna) == [("added_to_collection", "Nice people")]


@pytest.mark.parametrize("who", ["anna", "bob"])
def test_a_block_parts_them(make_person: MakePerson, who: str) -> None:
    anna, bob, carol = (make_person(each) for each in ("anna", "bob", "carol"))
    made, other = make(anna, bob, carol), make(bob, anna, carol)
    one, two = (anna, bob) if who == "anna" else (bob, anna)
    one.post(f"/api/v1/accounts/{two.id}/block")
    assert people_in(shown(carol, made)) == people_in(shown(carol, other)) == [carol.id]
    path = f"{ALL}/{made['id']}/items"
    anna.refused(403, "POST", path, json={"account_id": str(bob.id)})
    blockers, blocked = (made, other) if one is anna else (other, made)
    assert two.refused(403, "GET", f"{ALL}/{blockers['id']}") == "This action is not allowed"
    assert named(two.get(f"/api/v1/accounts/{one.id}/collections")) == []
    assert shown(one, blocked)["id"] == blocked["id"]


def test_nobody_is_shown_whom_she_blocks(anna: Person, bob: Person, carol: Person) -> None:
    made = make(anna, bob, carol)
    carol.post(f"/api/v1/accounts/{bob.id}/block")
    answer = carol.get(f"{ALL}/{made['id']}")
    assert people_in(answer["collection"]) == [carol.id]
    assert [each["username"] for each in answer["accounts"]] == ["anna", "carol"]
    assert people_in(shown(anna, made)) == [bob.id, carol.id]


def test_whoever_is_suspended_or_gone_is_in_none(
    anna: Person, bob: Person, carol: Person, make_person: MakePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga = make_person("olga", "read write admin:read admin:write", role=Role.OWNER)
    made, bobs = make(anna, bob, carol), make(bob, carol)
    olga.post(f"/api/v1/admin/accounts/{bob.id}/action", {"type": "suspend"})
    assert people_in(shown(anna, made)) == [carol.id]
    carol.refused(404, "GET", f"{ALL}/{bobs['id']}")
    monkeypatch.setattr("appliance.fediverse.services.collection_items.MOST", 2)
    anna.post(f"{ALL}/{made['id']}/items", {"account_id": str(anna.id)})
    assert people_in(shown(anna, made)) == [carol.id, anna.id], "who is not shown takes nobody's place"
    assert named(carol.get(f"/api/v1/{carol.id}/in_collections")) == ["Nice people"]
    assert [each[0] for each in told(carol)] == ["added_to_collection"]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "name", "ERR_BLANK"),
        ({"name": "  "}, "name", "ERR_BLANK"),
        ({"name": "x" * 41}, "name", "ERR_TOO_LONG"),
        ({"name": None}, "name", "ERR_BLANK"),
        ({"name": "x", "description": "x" * 101}, "description", "ERR_TOO_LONG"),
        ({"name": "x", "language": "Klingon"}, "language", "ERR_INVALID"),
        ({"name": "x", "tag_name": "two words"}, "tag_name", "ERR_INVALID"),
        ({"name": "x", "tag_name": "#" * 300}, "tag_name", "ERR_INVALID"),
    ],
)
def test_what_is_wrong_is_told_field_by_field(anna: Person, body: Any, field: str, code: str) -> None:
    answer = anna.ask("POST", ALL, json=body)
    assert (answer.status_code, answer.json is None) == (422, False)
    told = answer.json["error"]
    assert told["error"].startswith("Validation failed: ")
    assert {name: [each["error"] for each in several] for name, several in told["details"].items()} == {field: [code]}
    assert named(anna.get(f"/api/v1/{anna.id}/collections")) == []
    if "name" in body:
        made = make(anna)
        assert anna.ask("PATCH", f"{ALL}/{made['id']}", json=body).status_code == 422
        assert shown(anna, made) == made


def test_there_is_an_end_of_collections_and_of_people(
    anna: Person, make_person: MakePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.fediverse.services.collections.MOST", 2)
    monkeypatch.setattr("appliance.fediverse.services.collection_items.MOST", 2)
    people = [make_person(f"p{number}") for number in range(3)]
    anna.refused(422, "POST", ALL, json={"name": "x", "account_ids": [str(each.id) for each in people]})
    made = make(anna, *people[:2])
    anna.refused(422, "POST", f"{ALL}/{made['id']}/items", json={"account_id": str(people[2].id)})
    make(anna)
    assert anna.ask("POST", ALL, json={"name": "x"}).status_code == 422
    assert len(named(anna.get(f"/api/v1/{anna.id}/collections"))) == 2


def test_nonsense_is_refused(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    made = make(anna)
    path = f"{ALL}/{made['id']}/items"
    assert anna.refused(422, "POST", path, json={}) == "`account_id` parameter is missing"
    for account_id in ("1", "x" * 9, "99999999999999999999", "-5"):
        anna.refused(422, "POST", path, json={"account_id": account_id})
    assert "already been taken" in anna.refused(
        422, "POST", f"{ALL}/{make(anna, bob)['id']}/items", json={"account_id": str(bob.id)}
    )
    for each in ("0", "x", "9" * 18, "9" * 40):
        anna.refused(404, "GET", f"{ALL}/{each}")
        anna.refused(404, "POST", f"{ALL}/{each}/items", json={"account_id": str(bob.id)})
        anna.refused(404, "DELETE", f"{path}/{each}")
        anna.refused(404, "POST", f"{path}/{each}/revoke")
    for method, where in (("POST", ALL), ("PATCH", f"{ALL}/{made['id']}"), ("DELETE", f"{ALL}/{made['id']}")):
        assert stranger.open(where, method=method, json={"name": "x"}).status_code == 401
    for method, where in (("PATCH", f"{ALL}/{made['id']}"), ("DELETE", f"{ALL}/{made['id']}")):
        assert bob.refused(403, method, where, json={"name": "x"}) == "This action is not allowed"
    assert stranger.get(f"/api/v1/{anna.id}/in_collections").status_code == 401


def test_the_scopes_are_theirs_alone(make_person: MakePerson) -> None:
    reader = make_person("anna", "read:collections")
    writer = make_person("anna", "write:collections")
    other = make_person("anna", "read:accounts write:accounts")
    made = make(writer)
    assert shown(reader, made)["id"] == made["id"]
    reader.refused(403, "POST", ALL, json={"name": "x"})
    other.refused(403, "POST", ALL, json={"name": "x"})
    other.refused(403, "GET", f"{ALL}/{made['id']}")
    other.refused(403, "GET", f"/api/v1/accounts/{other.id}/collections")


def test_a_post_that_links_to_one_shows_it(anna: Person, bob: Person, carol: Person) -> None:
    made = make(anna, bob)
    status = carol.toot(f"Look: {made['url']} and https://other.example/collections/1")
    assert [each["id"] for each in status["tagged_collections"]] == [made["id"]]
    assert shapes.differences("Status", status) == []
    edited = carol.ask("PUT", f"/api/v1/statuses/{status['id']}", json={"status": "Nothing"}).json
    assert edited is not None
    assert edited["tagged_collections"] == []
    carol.ask("PUT", f"/api/v1/statuses/{status['id']}", json={"status": f"Again {made['url']}"})
    anna.post(f"/api/v1/accounts/{carol.id}/block")
    assert carol.get(f"/api/v1/statuses/{status['id']}")["tagged_collections"] == []
    anna.ask("DELETE", f"{ALL}/{made['id']}")
    assert bob.get(f"/api/v1/statuses/{status['id']}")["tagged_collections"] == []


def test_one_is_found_by_its_address(anna: Person, bob: Person) -> None:
    made = make(anna, bob, discoverable=False)
    for address in (made["url"], made["uri"]):
        found = bob.get("/api/v2/search", query_string={"q": address, "resolve": "true"})
        assert [each["id"] for each in found["collections"]] == [made["id"]]
    assert "collections" not in bob.get("/api/v2/search?q=nice")
    accounts = bob.get("/api/v2/search", query_string={"q": made["url"], "resolve": "true", "type": "accounts"})
    assert "collections" not in accounts
    nowhere = bob.get("/api/v2/search", query_string={"q": "http://localhost:10100/collections/77", "resolve": "true"})
    assert nowhere["collections"] == []


def test_one_can_be_reported(anna: Person, bob: Person, carol: Person) -> None:
    made, other = make(anna), make(carol)
    body = {"account_id": str(anna.id), "collection_ids": [made["id"], other["id"], "1"]}
    report = bob.post("/api/v1/reports", body)
    assert shapes.differences("Report", report) == []
    assert report["collection_ids"] == [made["id"]]


def test_what_looks_like_html_is_none(anna: Person) -> None:
    made = make(anna, name="<b>x</b>", description="<script>1</script> & so")
    assert made["name"] == "<b>x</b>"
    assert made["description"] == "&lt;script&gt;1&lt;/script&gt; &amp; so"
    assert make(anna, description="you & me")["description"] == "you & me"


def test_an_app_of_mastodon_py_can_use_them(client: Callable[[Person], Any], anna: Person, bob: Person) -> None:
    made = make(anna, bob)
    told = client(bob).notifications(types=["added_to_collection"])
    assert [each["type"] for each in told] == ["added_to_collection"]
    assert client(bob).account(anna.id)["feature_approval"]["automatic"] == ["public"]
    assert str(told[0]["collection"]["id"]) == made["id"]
