# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of accounts between servers (FEP-7aa9): who asks whom, what is kept, and what nobody can forge."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from appliance.errors import HearthError
from appliance.fediverse.activitypub.documents import PUBLIC
from appliance.fediverse.context import Context
from appliance.fediverse.db.tables import collection_items, collections, reports
from appliance.system.clock import VirtualClock
from appliance.system.net import VirtualNet
from tests.fediverse.activitypub.conftest import ACTIVITY, HERE, MakeRemote, Remote
from tests.fediverse.activitypub.test_asking import run_all
from tests.fediverse.activitypub.test_quotes import follow
from tests.fediverse.conftest import Person

ALL = "/api/v1/collections"
FREE = {"interactionPolicy": {"canFeature": {"automaticApproval": [PUBLIC]}}}
Rows = Callable[[sa.Table], list[sa.Row[Any]]]


def known(person: Person, remote: Remote, **more: Any) -> str:
    """Somebody of elsewhere as a member finds her: her id."""
    remote.publish(remote.document | more)
    return str(person.get(f"/api/v2/search?q=@{remote.name}@{remote.host}&resolve=true")["accounts"][0]["id"])


def collection(remote: Remote, *featured: Any, number: int = 1, **more: Any) -> Any:
    """A collection on its server, as it is served there."""
    uri = f"{remote.uri}/featured/{number}"
    document = {
        "id": uri,
        "type": "FeaturedCollection",
        "attributedTo": remote.uri,
        "url": f"https://{remote.host}/collections/{number}",
        "name": "Worth reading",
        "summary": "<p>All of <b>them</b></p><script>1</script>",
        "sensitive": False,
        "discoverable": True,
        "published": "2026-01-01T00:00:00Z",
        "updated": "2026-01-02T00:00:00Z",
        "totalItems": len(featured),
        "orderedItems": list(featured),
        **more,
    }
    remote.serve(uri, document)
    return document


def item(owner: Remote, account: str, stamp: str | None, number: int = 1) -> Any:
    return {
        "id": f"{owner.uri}/featured/1/items/{number}",
        "type": "FeaturedItem",
        "featuredObject": account,
        "featuredObjectType": "Person",
        "featureAuthorization": stamp,
    }


def agreed(account: Remote, collection_uri: str, number: int = 1, **changes: Any) -> str:
    """That somebody of elsewhere agreed, as her server says it."""
    uri = f"{account.uri}/feature_authorizations/{number}"
    document = {
        "id": uri,
        "type": "FeatureAuthorization",
        "interactingObject": collection_uri,
        "interactionTarget": account.uri,
        **changes,
    }
    account.serve(uri, document)
    return uri


def of(person: Person, account_id: str) -> list[Any]:
    found: list[Any] = person.get(f"/api/v1/accounts/{account_id}/collections")["collections"]
    return found


def look(person: Person, owner_id: str, context: Context) -> int:
    """Look at somebody's only collection, wait, look again: how many are in it."""
    (found,) = of(person, owner_id)
    person.get(f"{ALL}/{found['id']}")
    run_all(context)
    return int(person.get(f"{ALL}/{found['id']}")["collection"]["item_count"])


def read(stranger: FlaskClient, uri: str) -> Any:
    answer = stranger.get(uri.removeprefix(HERE), headers={"Accept": ACTIVITY["content-type"]})
    assert answer.status_code == 200, answer.text
    return answer.json


# What is told of ours.


def test_whoever_follows_hears_of_a_collection_and_can_read_it(
    anna: Person, bob: Person, rita: Remote, sent: Any, stranger: FlaskClient
) -> None:
    rita.send("Follow", f"{HERE}/users/anna")
    sent()
    body = {"name": "Friends", "description": "a < b", "tag_name": "tea", "account_ids": [str(bob.id)]}
    made = anna.post(ALL, body)["collection"]
    (added,) = sent()
    document = added["object"]
    assert (added["type"], added["target"]) == ("Add", f"{HERE}/users/anna/featured_collections")
    assert (document["type"], document["attributedTo"]) == ("FeaturedCollection", f"{HERE}/users/anna")
    assert (document["name"], document["summary"], document["topic"]["name"]) == ("Friends", "a &lt; b", "#tea")
    (featured,) = document["orderedItems"]
    assert featured["featuredObject"] == f"{HERE}/users/bob"
    served = read(stranger, made["uri"])
    assert {key: served[key] for key in document} == document
    stamp = read(stranger, featured["featureAuthorization"])
    assert (stamp["type"], stamp["interactingObject"], stamp["interactionTarget"]) == (
        *("FeatureAuthorization", made["uri"]),
        f"{HERE}/users/bob",
    )
    assert read(stranger, featured["id"])["featuredObject"] == f"{HERE}/users/bob"
    actor = read(stranger, f"{HERE}/users/anna")
    assert actor["interactionPolicy"] == {"canFeature": {"automaticApproval": [PUBLIC]}}
    listed = read(stranger, actor["featuredCollections"])
    assert [each["id"] for each in listed["orderedItems"]] == [made["uri"]]
    anna.ask("PATCH", f"{ALL}/{made['id']}", json={"name": "Old friends", "language": "en", "discoverable": False})
    (update,) = sent()
    assert (update["type"], update["object"]["name"]) == ("Update", "Old friends")
    assert update["object"]["summaryMap"] == {"en": "a &lt; b"}
    assert read(stranger, actor["featuredCollections"])["orderedItems"] == [], "only for who knows its address"
    bob.ask("POST", f"{ALL}/{made['id']}/items/{made['items'][0]['id']}/revoke")
    (removed,) = sent()
    assert (removed["type"], removed["object"], removed["target"]) == ("Remove", featured["id"], made["uri"])
    for gone in (featured["featureAuthorization"], featured["id"]):
        assert stranger.get(gone.removeprefix(HERE)).status_code == 404
    anna.ask("DELETE", f"{ALL}/{made['id']}")
    (last,) = sent()
    assert (last["type"], last["object"], last["target"]) == ("Remove", made["uri"], actor["featuredCollections"])
    assert stranger.get(made["uri"].removeprefix(HERE)).status_code == 404


def test_an_address_of_somebody_else_leads_nowhere(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    made = anna.post(ALL, {"name": "x", "account_ids": [str(bob.id)]})["collection"]
    item_id = made["items"][0]["id"]
    for path in (
        f"/users/bob/featured_collections/{made['id']}",
        f"/users/bob/featured_collections/{made['id']}/items/{item_id}",
        f"/users/anna/featured_collections/{made['id']}/items/1",
        f"/users/anna/feature_authorizations/{item_id}",
        f"/users/anna/feature_authorizations/{10**30}",
        f"/users/anna/featured_collections/{10**30}",
        "/users/nobody/featured_collections",
    ):
        assert stranger.get(path).status_code == 404, path


def test_what_members_say_of_being_found_is_told(anna: Person, stranger: FlaskClient) -> None:
    for change, who in (
        ({"locked": True}, f"{HERE}/users/anna/followers"),
        ({"discoverable": False}, f"{HERE}/users/anna"),
    ):
        anna.ask("PATCH", "/api/v1/accounts/update_credentials", json=change)
        policy = read(stranger, f"{HERE}/users/anna")["interactionPolicy"]
        assert policy == {"canFeature": {"automaticApproval": [who]}}


# Asking people of elsewhere.


@pytest.mark.parametrize("whole", [True, False])
def test_people_of_elsewhere_are_asked_first(
    anna: Person, bob: Person, rita: Remote, mallory: Remote, sent: Any, stranger: FlaskClient, whole: bool
) -> None:
    rita_id = known(anna, rita, **FREE)
    made = anna.post(ALL, {"name": "Far", "account_ids": [rita_id]})["collection"]
    assert [each["state"] for each in made["items"]] == ["pending"]
    (request,) = [each for each in sent() if each["type"] == "FeatureRequest"]
    assert (request["object"], request["instrument"]) == (rita.uri, made["uri"])
    path = f"{ALL}/{made['id']}"
    assert bob.get(path)["collection"]["items"] == [], "nobody else sees who did not agree yet"
    assert read(stranger, made["uri"])["orderedItems"] == []
    thing, stamp = request if whole else request["id"], f"{rita.uri}/stamps/1"
    mallory.send("Accept", thing, result=f"{mallory.uri}/stamps/1")
    rita.send("Accept", thing, result=f"{mallory.uri}/stamps/1")
    rita.send("Accept", thing)
    assert bob.get(path)["collection"]["items"] == []
    rita.send("Follow", f"{HERE}/users/anna")
    sent()
    rita.send("Accept", thing, result=stamp)
    assert [each["state"] for each in bob.get(path)["collection"]["items"]] == ["accepted"]
    (added,) = sent()
    assert (added["type"], added["object"]["featureAuthorization"]) == ("Add", stamp)
    mallory.post(mallory.activity("Delete", stamp))
    assert len(bob.get(path)["collection"]["items"]) == 1
    rita.send("Delete", {"id": stamp, "type": "FeatureAuthorization"})
    assert anna.get(path)["collection"]["items"] == []
    assert [each["type"] for each in sent()] == ["Remove"]


def test_a_no_is_a_no_but_may_be_asked_again(anna: Person, rita: Remote, sent: Any) -> None:
    rita_id = known(anna, rita, **FREE)
    made = anna.post(ALL, {"name": "Far", "account_ids": [rita_id]})["collection"]
    (request,) = [each for each in sent() if each["type"] == "FeatureRequest"]
    rita.send("Reject", request)
    assert anna.get(f"{ALL}/{made['id']}")["collection"]["items"] == []
    rita.send("Accept", request, result=f"{rita.uri}/stamps/1")
    assert anna.get(f"{ALL}/{made['id']}")["collection"]["items"] == []
    again = anna.post(f"{ALL}/{made['id']}/items", {"account_id": rita_id})["collection_item"]
    assert (again["state"], again["id"] == made["items"][0]["id"]) == ("pending", False)
    assert [each["type"] for each in sent()] == ["FeatureRequest"]


@pytest.mark.parametrize(
    ("policy", "approval", "may"),
    [
        ({}, {"automatic": [], "manual": [], "current_user": "missing"}, False),
        ({"interactionPolicy": {"canQuote": {}}}, {"automatic": [], "manual": [], "current_user": "missing"}, False),
        (FREE, {"automatic": ["public"], "manual": [], "current_user": "automatic"}, True),
        (
            {"interactionPolicy": {"canFeature": {"manualApproval": PUBLIC}}},
            {"automatic": [], "manual": ["public"], "current_user": "manual"},
            True,
        ),
        (
            {"interactionPolicy": {"canFeature": {"automaticApproval": "https://far.example/users/rita/followers"}}},
            {"automatic": ["followers"], "manual": [], "current_user": "denied"},
            False,
        ),
        (
            {"interactionPolicy": {"canFeature": {"automaticApproval": "https://far.example/users/rita"}}},
            {"automatic": [], "manual": [], "current_user": "denied"},
            False,
        ),
        (
            {"interactionPolicy": {"canFeature": {"automaticApproval": "https://far.example/friends"}}},
            {"automatic": ["unsupported_policy"], "manual": [], "current_user": "unknown"},
            False,
        ),
        ({"interactionPolicy": "all"}, {"automatic": [], "manual": [], "current_user": "missing"}, False),
    ],
)
def test_only_who_says_so_is_asked(
    anna: Person, rita: Remote, sent: Any, policy: Any, approval: Any, may: bool
) -> None:
    rita_id = known(anna, rita, **policy)
    assert anna.get(f"/api/v1/accounts/{rita_id}")["feature_approval"] == approval
    answer = anna.ask("POST", ALL, json={"name": "x", "account_ids": [rita_id]})
    assert answer.status_code == (200 if may else 403)
    assert [each["type"] for each in sent()] == ["FeatureRequest"] * may


# Being asked by people of elsewhere.


def test_a_member_is_put_into_a_collection_of_elsewhere_and_leaves(
    anna: Person, rita: Remote, sent: Any, stranger: FlaskClient
) -> None:
    document = collection(rita)
    request = rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=document["id"])
    (answer,) = sent()
    assert (answer["type"], answer["object"]["id"], answer["to"]) == ("Accept", request["id"], [rita.uri])
    stamp = read(stranger, answer["result"])
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (document["id"], f"{HERE}/users/anna")
    (told,) = anna.get("/api/v1/notifications")
    assert (told["type"], told["account"]["username"]) == ("added_to_collection", "rita")
    assert (told["collection"]["name"], told["collection"]["local"]) == ("Worth reading", False)
    assert told["collection"]["description"] == "<p>All of <b>them</b></p>"
    (mine,) = anna.get(f"/api/v1/accounts/{anna.id}/in_collections")["collections"]
    assert (mine["uri"], mine["url"]) == (document["id"], "https://far.example/collections/1")
    (only,) = mine["items"]
    anna.ask("POST", f"{ALL}/{mine['id']}/items/{only['id']}/revoke")
    (gone,) = sent()
    assert (gone["type"], gone["object"]["id"]) == ("Delete", answer["result"])
    assert stranger.get(answer["result"].removeprefix(HERE)).status_code == 404
    assert anna.get(f"/api/v1/accounts/{anna.id}/in_collections")["collections"] == []
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=document["id"])
    assert [each["type"] for each in sent()] == ["Reject"], "who left is not put back"
    rita.send("Remove", document["id"], target=f"{rita.uri}/featured")
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=document["id"])
    assert [each["type"] for each in sent()] == ["Reject"], "nor by taking all of it away in between"
    assert anna.get("/api/v1/notifications") == []


def test_who_may_not_is_told_so_and_nothing_is_kept(
    anna: Person, bob: Person, rita: Remote, mallory: Remote, sent: Any, rows: Rows
) -> None:
    document = collection(rita)
    bob.ask("PATCH", "/api/v1/accounts/update_credentials", json={"discoverable": False})
    anna.post(f"/api/v1/accounts/{known(anna, mallory)}/block")
    foreign = collection(mallory)
    sent()
    rita.send("FeatureRequest", f"{HERE}/users/bob", instrument=document["id"])
    mallory.send("FeatureRequest", f"{HERE}/users/anna", instrument=foreign["id"])
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=f"{rita.uri}/featured/9")
    collection(rita, attributedTo=mallory.uri, number=2)
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=f"{rita.uri}/featured/2")
    rita.serve(f"{rita.uri}/featured/3", rita.note("<p>no collection</p>") | {"id": f"{rita.uri}/featured/3"})
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=f"{rita.uri}/featured/3")
    assert [each["type"] for each in sent()] == ["Reject"] * 5
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=foreign["id"])
    rita.send("FeatureRequest", f"{HERE}/users/nobody", instrument=document["id"])
    rita.send("FeatureRequest", f"{HERE}/users/anna")
    assert sent() == []
    assert (rows(collections), rows(collection_items)) == ([], [])


def test_nobody_can_have_more_than_a_few(
    anna: Person, rita: Remote, sent: Any, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.fediverse.services.remote_collections.MOST", 2)
    for number in range(4):
        document = collection(rita, number=number)
        rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=document["id"])
    assert [each["type"] for each in sent()] == ["Accept", "Accept", "Reject", "Reject"]
    assert len(rows(collections)) == 2


# Reading those of elsewhere.


def test_a_collection_of_somebody_followed_is_kept_with_who_agreed(
    anna: Person, rita: Remote, mallory: Remote, make_remote: MakeRemote, context: Context, clock: VirtualClock
) -> None:
    nora = make_remote("nora", "near.example")
    follow(anna, rita)
    rita_id = known(anna, rita)
    uri = f"{rita.uri}/featured/1"
    stamp = agreed(nora, uri)
    forged = agreed(mallory, f"{rita.uri}/featured/2")
    document = collection(
        rita,
        item(rita, nora.uri, stamp),
        item(rita, mallory.uri, forged, 2),
        item(rita, f"{HERE}/users/anna", f"{HERE}/users/anna/feature_authorizations/1", 3),
        item(rita, nora.uri, None, 4) | {"id": f"{mallory.uri}/items/4"},
        "https://far.example/nowhere",
        7,
    )
    rita.send("Add", document, target=f"{rita.uri}/featured")
    (kept,) = of(anna, rita_id)
    assert (kept["name"], kept["items"]) == ("Worth reading", [])
    assert run_all(context) == 0, "how often others are asked is not for her to say"
    anna.get(f"{ALL}/{kept['id']}")
    assert run_all(context) == 1
    people = anna.get(f"{ALL}/{kept['id']}")["accounts"]
    assert [each["username"] for each in people] == ["rita", "nora"], "who did not agree is not in it"
    # Somebody new, and somebody who is gone.
    clock.advance(3600)
    stamp = agreed(mallory, uri, 2)
    collection(rita, item(rita, mallory.uri, stamp, 2), name="Still worth reading")
    rita.send("Add", item(rita, mallory.uri, stamp, 2), target=uri)
    assert run_all(context) == 0
    anna.get(f"{ALL}/{kept['id']}")
    assert run_all(context) == 1
    people = anna.get(f"{ALL}/{kept['id']}")["accounts"]
    assert [each["username"] for each in people] == ["rita", "mallory"]
    rita.send("Remove", f"{rita.uri}/featured/1/items/2", target=uri)
    (kept,) = of(anna, rita_id)
    assert (kept["name"], kept["items"]) == ("Still worth reading", [])
    rita.send("Remove", uri, target=f"{rita.uri}/featured")
    assert of(anna, rita_id) == []


def test_an_owner_takes_a_member_out(anna: Person, bob: Person, rita: Remote, sent: Any, stranger: FlaskClient) -> None:
    document = collection(rita)
    uri = document["id"]
    for name in ("anna", "bob"):
        rita.send("FeatureRequest", f"{HERE}/users/{name}", instrument=uri)
    stamps = [each["result"] for each in sent()]
    for number, name in enumerate(("anna", "bob")):
        rita.send("Add", item(rita, f"{HERE}/users/{name}", stamps[number], number), target=uri)
    (found,) = anna.get(f"/api/v1/accounts/{anna.id}/in_collections")["collections"]
    assert [each["account_id"] for each in found["items"]] == [str(anna.id), str(bob.id)]
    rita.send("Remove", f"{rita.uri}/featured/1/items/0", target=uri)
    assert anna.get(f"/api/v1/accounts/{anna.id}/in_collections")["collections"] == []
    assert anna.get("/api/v1/notifications") == []
    assert stranger.get(stamps[0].removeprefix(HERE)).status_code == 404
    assert [each["account_id"] for each in bob.get(f"{ALL}/{found['id']}")["collection"]["items"]] == [str(bob.id)]


def test_who_blocks_a_domain_is_in_no_collection_there(anna: Person, bob: Person, rita: Remote, sent: Any) -> None:
    rita_id, document = known(anna, rita, **FREE), collection(rita)
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=document["id"])
    made = anna.post(ALL, {"name": "Mine", "account_ids": [rita_id]})["collection"]
    anna.post("/api/v1/domain_blocks", {"domain": "far.example"})
    assert anna.get(f"/api/v1/accounts/{anna.id}/in_collections")["collections"] == []
    assert anna.get(f"{ALL}/{made['id']}")["collection"]["items"] == []
    sent()
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=document["id"])
    assert [each["type"] for each in sent()] == ["Reject"]
    anna.refused(403, "POST", f"{ALL}/{made['id']}/items", json={"account_id": rita_id})


def test_what_it_is_called_is_told_to_members_in_it(anna: Person, rita: Remote) -> None:
    document = collection(rita)
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=document["id"])
    rita.send("Update", document | {"name": "Renamed"})
    kinds = [each["type"] for each in anna.get("/api/v1/notifications")]
    assert kinds == ["collection_update", "added_to_collection"]
    assert anna.get("/api/v1/notifications")[0]["collection"]["name"] == "Renamed"
    rita.send("Delete", document["id"])
    assert anna.get("/api/v1/notifications") == []


def test_nobody_changes_what_is_anothers(anna: Person, rita: Remote, mallory: Remote, rows: Rows) -> None:
    document = collection(rita)
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=document["id"])
    for changes in ({}, {"attributedTo": mallory.uri}):
        assert mallory.post(mallory.activity("Update", document | {"name": "Mine"} | changes)).status_code == 422
    mallory.send("Remove", document["id"], target=f"{rita.uri}/featured")
    mallory.send("Remove", f"{rita.uri}/featured/1/items/1", target=document["id"])
    mallory.post(mallory.activity("Delete", document["id"]))
    twin = document | {"id": f"{mallory.uri}/featured/1", "attributedTo": rita.uri}
    assert mallory.post(mallory.activity("Add", twin, target=f"{mallory.uri}/featured")).status_code == 422
    assert [(row.name, row.uri) for row in rows(collections)] == [("Worth reading", document["id"])]
    assert [row.state for row in rows(collection_items)] == ["accepted"]


def test_of_strangers_nothing_is_kept(anna: Person, rita: Remote, rows: Rows) -> None:
    document = collection(rita)
    rita.send("Add", document, target=f"{rita.uri}/featured")
    rita.send("Update", document)
    assert rows(collections) == []


@pytest.mark.parametrize(
    "change",
    [
        {"id": 7},
        {"type": "OrderedCollection"},
        {"attributedTo": None},
        {"name": ["x"], "summary": {"a": 1}, "summaryMap": [1], "topic": "x", "published": "never", "url": 3},
        {"summaryMap": {"xx-" + "y" * 500: "text"}, "name": "x" * 10**5, "topic": {"name": "#" + "\u0301" * 5000}},
        {"orderedItems": {"a": 1}, "totalItems": -1, "discoverable": "yes", "sensitive": 3},
    ],
)
def test_nonsense_breaks_nothing(anna: Person, rita: Remote, context: Context, change: Any) -> None:
    follow(anna, rita)
    answer = rita.post(rita.activity("Add", collection(rita) | change, target=f"{rita.uri}/featured"))
    assert answer.status_code in (202, 422)
    collection(rita, **change)
    assert all(len(each["name"]) <= 256 for each in of(anna, known(anna, rita)))
    for kept in of(anna, known(anna, rita)):
        anna.get(f"{ALL}/{kept['id']}")
        assert run_all(context) <= 1


def test_collections_are_read_once_somebody_is_followed_or_looked_at(
    anna: Person, rita: Remote, context: Context, make_remote: MakeRemote
) -> None:
    nora = make_remote("nora", "near.example")
    for remote in (rita, nora):
        listed = f"{remote.uri}/featured"
        remote.publish(remote.document | {"featuredCollections": listed})
        own, foreign = collection(remote), collection(remote, number=2, attributedTo="https://evil.example/users/x")
        remote.serve(listed, {"id": listed, "type": "OrderedCollection", "orderedItems": [own["id"], foreign, own]})
    follow(anna, rita)
    assert run_all(context) >= 1
    rita_id = anna.get("/api/v2/search?q=@rita@far.example&resolve=true")["accounts"][0]["id"]
    assert [each["name"] for each in of(anna, rita_id)] == ["Worth reading"]
    nora_id = anna.get("/api/v2/search?q=@nora@near.example&resolve=true")["accounts"][0]["id"]
    assert of(anna, nora_id) == []
    assert run_all(context) == 1
    (found,) = of(anna, nora_id)
    stamp = agreed(rita, f"{nora.uri}/featured/1")
    collection(nora, item(nora, rita.uri, stamp))
    assert anna.get(f"{ALL}/{found['id']}")["collection"]["items"] == []
    assert run_all(context) == 1
    assert [each["username"] for each in anna.get(f"{ALL}/{found['id']}")["accounts"]] == ["nora", "rita"]


def test_one_of_elsewhere_is_found_by_its_address(anna: Person, rita: Remote) -> None:
    document = collection(rita)
    for _ in range(2):
        answer = anna.get("/api/v2/search", query_string={"q": document["id"], "resolve": "true"})
        assert [each["uri"] for each in answer["collections"]] == [document["id"]]
    answer = anna.get("/api/v2/search", query_string={"q": document["url"]})
    assert [each["uri"] for each in answer["collections"]] == [document["id"]]


def test_posts_name_collections(anna: Person, rita: Remote, sent: Any) -> None:
    follow(anna, rita)
    sent()
    document = collection(rita)
    anna.get("/api/v2/search", query_string={"q": document["id"], "resolve": "true"})
    tag = {"type": "FeaturedCollection", "id": document["id"]}
    rita.send("Create", rita.note("<p>Look</p>", tag=[tag, {"type": "FeaturedCollection", "id": 7}]))
    rita.send("Create", rita.note(f'<p><a href="{document["url"]}">Look</a></p>'))
    shown = anna.get("/api/v1/timelines/home")
    assert [[each["uri"] for each in status["tagged_collections"]] for status in shown] == [[document["id"]]] * 2
    rita.send("Follow", f"{HERE}/users/anna")
    sent()
    anna.toot(f"See {document['url']}")
    (create,) = sent()
    named = [each for each in create["object"]["tag"] if each["type"] == "FeaturedCollection"]
    assert named == [{"type": "FeaturedCollection", "id": document["id"], "name": "Worth reading"}]


def test_reports_name_collections(anna: Person, bob: Person, rita: Remote, sent: Any, rows: Rows) -> None:
    document = collection(rita)
    (found,) = anna.get("/api/v2/search", query_string={"q": document["id"], "resolve": "true"})["collections"]
    body = {"account_id": found["account_id"], "collection_ids": [found["id"]], "forward": True}
    anna.post("/api/v1/reports", body)
    (flag,) = sent()
    assert document["id"] in flag["object"]
    mine, bobs = (person.post(ALL, {"name": "x"})["collection"] for person in (anna, bob))
    rita.send("Flag", [f"{HERE}/users/anna", mine["uri"], bobs["uri"]], content="see")
    assert rows(reports)[-1].collection_ids == [int(mine["id"])]
    rita.send("Flag", [bobs["uri"]], content="see")
    (last,) = rows(reports)[2:]
    assert (last.target_account_id, last.collection_ids) == (bob.id, [int(bobs["id"])])


def test_to_say_no_is_never_too_late(
    anna: Person, bob: Person, rita: Remote, mallory: Remote, sent: Any, stranger: FlaskClient
) -> None:
    rita_id = known(anna, rita, **FREE)
    made = anna.post(ALL, {"name": "Far", "account_ids": [rita_id]})["collection"]
    (request,) = [each for each in sent() if each["type"] == "FeatureRequest"]
    rita.send("Accept", request, result=f"{rita.uri}/stamps/1")
    mallory.send("Reject", request)
    assert len(bob.get(f"{ALL}/{made['id']}")["collection"]["items"]) == 1
    sent()
    rita.send("Reject", request)
    assert anna.get(f"{ALL}/{made['id']}")["collection"]["items"] == []
    assert read(stranger, made["uri"])["orderedItems"] == []
    assert [each["type"] for each in sent()] == ["Remove"]
    rita.send("Accept", request, result=f"{rita.uri}/stamps/1")
    assert anna.get(f"{ALL}/{made['id']}")["collection"]["items"] == []


def test_a_member_is_taken_out_again_before_anything_was_read(
    anna: Person, rita: Remote, sent: Any, context: Context, clock: VirtualClock
) -> None:
    document, mine = collection(rita), f"/api/v1/accounts/{anna.id}/in_collections"
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=document["id"])
    added = item(rita, f"{HERE}/users/anna", sent()[-1]["result"])
    rita.send("Add", added, target=document["id"])
    rita.send("Remove", added["id"], target=document["id"])
    assert anna.get(mine)["collections"] == []
    # Nor does she stay for ever in what never named her.
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=document["id"])
    (found,) = anna.get(mine)["collections"]
    for days in (0, 2):
        clock.advance(days * 86400)
        assert len(anna.get(mine)["collections"]) == 1
        anna.get(f"{ALL}/{found['id']}")
        assert run_all(context) == 1
    assert anna.get(mine)["collections"] == []


def test_who_took_it_back_elsewhere_is_found_out(
    anna: Person, rita: Remote, make_remote: MakeRemote, context: Context, clock: VirtualClock, net: VirtualNet
) -> None:
    nora = make_remote("nora", "near.example")
    follow(anna, rita)
    uri, rita_id = f"{rita.uri}/featured/1", known(anna, rita)
    stamp = agreed(nora, uri)
    rita.send("Add", collection(rita, item(rita, nora.uri, stamp)))
    assert look(anna, rita_id, context) == 1

    def a_week_later() -> int:
        clock.advance(8 * 86400)
        return look(anna, rita_id, context)

    kept_answer = net.answers.pop(stamp)
    assert a_week_later() == 1, "her server does not answer, which says nothing"
    net.answers[stamp] = kept_answer
    assert a_week_later() == 1
    nora.serve(stamp, {}, status=410)
    assert a_week_later() == 0


@pytest.mark.parametrize(("status", "left"), [(410, 0), (404, 0), (503, 1)])
def test_one_that_is_gone_without_a_word_is_gone_here(
    anna: Person, rita: Remote, context: Context, clock: VirtualClock, status: int, left: int
) -> None:
    follow(anna, rita)
    rita_id = known(anna, rita)
    rita.send("Add", collection(rita), target=f"{rita.uri}/featured")
    (kept,) = of(anna, rita_id)
    rita.serve(f"{rita.uri}/featured/1", {}, status=status)
    clock.advance(3600)
    anna.get(f"{ALL}/{kept['id']}")
    with contextlib.suppress(HearthError):  # of a server that is down; it is asked again
        run_all(context)
    assert len(of(anna, rita_id)) == left


def test_who_takes_it_back_while_a_collection_is_read_is_out(
    anna: Person, rita: Remote, make_remote: MakeRemote, context: Context, net: VirtualNet, clock: VirtualClock
) -> None:
    nora = make_remote("nora", "near.example")
    follow(anna, rita)
    rita_id, uri = known(anna, rita), f"{rita.uri}/featured/1"
    stamp = agreed(nora, uri)
    rita.send("Add", collection(rita, item(rita, nora.uri, stamp), f"{uri}/items/2"))
    assert look(anna, rita_id, context) == 1
    clock.advance(3600)
    fetch = net.fetch

    def meanwhile(request: Any) -> Any:
        if request.url == f"{uri}/items/2":
            nora.send("Delete", {"id": stamp, "type": "FeatureAuthorization"})
        return fetch(request)

    net.fetch = meanwhile  # type: ignore[method-assign]
    assert look(anna, rita_id, context) == 0


def test_who_is_of_a_blocked_domain_is_shown_in_none(
    anna: Person, bob: Person, rita: Remote, context: Context, sent: Any
) -> None:
    rita_id = known(anna, rita, **FREE)
    made = anna.post(ALL, {"name": "Far", "account_ids": [rita_id]})["collection"]
    (request,) = [each for each in sent() if each["type"] == "FeatureRequest"]
    rita.send("Accept", request, result=f"{rita.uri}/stamps/1")
    assert len(bob.get(f"{ALL}/{made['id']}")["collection"]["items"]) == 1
    bob.post("/api/v1/domain_blocks", {"domain": "far.example"})
    assert bob.get(f"{ALL}/{made['id']}")["collection"]["items"] == []


def test_one_collection_does_not_have_many_servers_asked_in_vain(
    anna: Person, rita: Remote, make_remote: MakeRemote, context: Context, net: VirtualNet
) -> None:
    nora = make_remote("nora", "near.example")
    follow(anna, rita)
    rita.send("FeatureRequest", f"{HERE}/users/anna", instrument=collection(rita)["id"])
    listed = [item(rita, f"{nora.uri}{each}", f"{nora.uri}/no/{each}", each) for each in range(100)]
    rita.send("Add", collection(rita, *listed, item(rita, f"{HERE}/users/anna", None, 100)))
    before = len(net.asked)
    assert look(anna, known(anna, rita), context) == 1
    assert len([each for each in net.asked[before:] if each.url.startswith("https://near.example")]) == 25
    (kept,) = of(anna, known(anna, rita))
    assert [each["account_id"] for each in kept["items"]] == [str(anna.id)]


def test_the_address_of_one_does_not_stand_for_another(
    anna: Person, rita: Remote, make_remote: MakeRemote, context: Context
) -> None:
    nora = make_remote("nora", "near.example")
    follow(anna, rita)
    first, other = collection(rita), f"{rita.uri}/featured/2"
    rita.send("Add", first)
    stamp = agreed(nora, other)
    rita.serve(first["id"], collection(rita, item(rita, nora.uri, stamp) | {"id": f"{other}/items/1"}, number=2))
    with pytest.raises(HearthError):
        look(anna, known(anna, rita), context)
    assert [each["item_count"] for each in of(anna, known(anna, rita))] == [0]


def test_nobody_is_in_one_twice(anna: Person, rita: Remote, make_remote: MakeRemote, context: Context) -> None:
    nora = make_remote("nora", "near.example")
    follow(anna, rita)
    stamp = agreed(nora, f"{rita.uri}/featured/1")
    rita.send("Add", collection(rita, item(rita, nora.uri, stamp), item(rita, nora.uri, stamp, 2)))
    assert look(anna, known(anna, rita), context) == 1


def test_several_may_have_one_page(anna: Person, rita: Remote) -> None:
    follow(anna, rita)
    page = f"{rita.uri}/featured/2"
    for number in (1, 2):
        rita.send("Add", collection(rita, number=number, url=page))
    answer = anna.get("/api/v2/search", query_string={"q": page})
    assert [each["uri"] for each in answer["collections"]] == [page]
    rita.send("Create", rita.note(f'<p><a href="{page}">Look</a></p>'))
    (shown,) = anna.get("/api/v1/timelines/home")
    assert [each["uri"] for each in shown["tagged_collections"]] == [page]
    assert anna.toot(f"See {page}")["tagged_collections"] == shown["tagged_collections"]


def test_a_page_that_cannot_be_had_leaves_nobody_out(
    anna: Person, rita: Remote, make_remote: MakeRemote, context: Context, clock: VirtualClock
) -> None:
    nora, uri = make_remote("nora", "near.example"), f"{rita.uri}/featured/1"
    follow(anna, rita)
    rita_id, second = known(anna, rita), f"{uri}?page=2"
    inside = item(rita, nora.uri, agreed(nora, uri))
    page = {"id": second, "type": "OrderedCollectionPage", "partOf": uri, "orderedItems": [inside]}
    rita.serve(second, page)
    rita.send("Add", collection(rita, next=second, totalItems=1))
    assert look(anna, rita_id, context) == 1
    clock.advance(3600)
    rita.serve(second, {}, status=503)
    assert look(anna, rita_id, context) == 1
    clock.advance(3600)
    rita.serve(second, page | {"orderedItems": [inside["id"]]})  # an item by its URI, which is not served
    assert look(anna, rita_id, context) == 1
    clock.advance(3600)
    collection(rita)
    assert look(anna, rita_id, context) == 0
