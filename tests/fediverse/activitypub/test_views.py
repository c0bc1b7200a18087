# SPDX-License-Identifier: AGPL-3.0-or-later
"""What other servers can ask of us, and what they can't."""

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from appliance.fediverse.app import create_app
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import follows, members
from appliance.system.clock import VirtualClock

HERE = "http://localhost:10100"
ACCEPT = {"Accept": "application/activity+json"}
PATHS = (
    "/actor",
    "/actor/outbox",
    "/users/anna",
    "/users/anna/outbox",
    "/users/anna/followers",
    "/users/anna/following",
    "/.well-known/webfinger?resource=acct:anna@localhost:10100",
    "/.well-known/host-meta",
    "/.well-known/nodeinfo",
    "/nodeinfo/2.0",
    "/nodeinfo/2.1",
)


def get(client: FlaskClient, path: str, status: int = 200) -> Any:
    answer = client.get(path, headers=ACCEPT)
    assert answer.status_code == status, (path, answer.status_code, answer.text)
    return json.loads(answer.data)


def test_an_actor(stranger: FlaskClient, anna: Any) -> None:
    anna.ask("PATCH", "/api/v1/accounts/update_credentials", json={"note": "Likes #tea"})
    actor = get(stranger, "/users/anna")
    assert actor["id"] == f"{HERE}/users/anna"
    assert actor["publicKey"]["owner"] == actor["id"]
    assert actor["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")
    assert actor["endpoints"]["sharedInbox"] == f"{HERE}/inbox"
    assert f'href="{HERE}/tags/tea"' in actor["summary"]
    assert "PRIVATE" not in json.dumps(actor)


@pytest.mark.parametrize(
    ("accept", "is_document"),
    [
        ("application/activity+json", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/activity+json, text/html;q=0.1", True),
        ("text/html,application/xhtml+xml", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_people_get_a_page_and_servers_a_document(
    stranger: FlaskClient, anna: Any, accept: str, is_document: bool
) -> None:
    status = anna.toot("hello")
    for path, page in (
        ("/users/anna", "/@anna"),
        (f"/users/anna/statuses/{status['id']}", f"/@anna/{status['id']}"),
    ):
        answer = stranger.get(path, headers={"Accept": accept})
        assert "Accept" in answer.headers["Vary"]
        if is_document:
            assert answer.headers["Content-Type"].startswith("application/activity+json")
        else:
            assert (answer.status_code, answer.headers["Location"]) == (302, page)


def test_a_post_and_its_activity(stranger: FlaskClient, anna: Any, bob: Any) -> None:
    first = anna.toot("hello @bob #tea", language="en", spoiler_text="Tea")
    path = f"/users/anna/statuses/{first['id']}"
    note = get(stranger, path)
    assert note["id"] == first["uri"] == f"{HERE}{path}"
    assert note["attributedTo"] == f"{HERE}/users/anna"
    assert note["to"] == ["https://www.w3.org/ns/activitystreams#Public"]
    assert note["cc"] == [f"{HERE}/users/anna/followers", f"{HERE}/users/bob"]
    assert (note["summary"], note["sensitive"]) == ("Tea", True)
    assert note["contentMap"] == {"en": note["content"]}
    assert {(tag["type"], tag["name"]) for tag in note["tag"]} == {
        ("Mention", "@bob@localhost:10100"),
        ("Hashtag", "#tea"),
    }
    assert f'href="{HERE}/@bob"' in note["content"]
    activity = get(stranger, f"{path}/activity")
    assert (activity["type"], activity["object"]["id"], activity["id"]) == (
        "Create",
        note["id"],
        f"{HERE}{path}/activity",
    )
    reply = bob.toot("hi", in_reply_to_id=first["id"])
    assert get(stranger, f"/users/bob/statuses/{reply['id']}")["inReplyTo"] == note["id"]
    boost = bob.post(f"/api/v1/statuses/{first['id']}/reblog")
    assert get(stranger, f"/users/bob/statuses/{boost['id']}/activity")["object"] == note["id"]
    anna.ask("DELETE", f"/api/v1/statuses/{first['id']}")
    assert get(stranger, path, 410)["type"] == "Tombstone"


@pytest.mark.parametrize("visibility", ["private", "direct"])
def test_what_is_not_public_is_not_shown(stranger: FlaskClient, anna: Any, visibility: str) -> None:
    status = anna.toot("secret", visibility=visibility)
    for tail in ("", "/activity"):
        get(stranger, f"/users/anna/statuses/{status['id']}{tail}", 404)
    assert get(stranger, "/users/anna/outbox?page=true")["orderedItems"] == []


def test_others_posts_are_not_hers(stranger: FlaskClient, anna: Any, bob: Any) -> None:
    status = anna.toot("mine")
    get(stranger, f"/users/bob/statuses/{status['id']}", 404)
    get(stranger, "/users/anna/statuses/99999999999999999999999", 404)
    get(stranger, "/users/anna/statuses/0", 404)


def test_an_outbox_is_read_page_by_page(stranger: FlaskClient, anna: Any, clock: VirtualClock) -> None:
    for number in range(45):
        anna.toot(f"post {number}")
    collection = get(stranger, "/users/anna/outbox")
    assert collection["totalItems"] == 45
    seen: list[str] = []
    page = collection["first"]
    while page:
        document = get(stranger, page.removeprefix(HERE))
        seen += [item["object"]["content"] for item in document["orderedItems"]]
        page = document.get("next")
    assert seen == [f"<p>post {number}</p>" for number in reversed(range(45))]
    for odd in ("x", "-1", "9" * 30, "%00", "1e5"):
        get(stranger, f"/users/anna/outbox?page=true&max_id={odd}")


def test_followers_and_following(stranger: FlaskClient, anna: Any, bob: Any, database: Database) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    assert get(stranger, "/users/anna/followers")["totalItems"] == 1
    assert get(stranger, "/users/anna/followers?page=true")["orderedItems"] == [f"{HERE}/users/bob"]
    assert get(stranger, "/users/bob/following?page=true")["orderedItems"] == [f"{HERE}/users/anna"]
    with database.write() as tx:
        tx.execute(sa.update(follows).values(state="pending"))
    assert get(stranger, "/users/anna/followers?page=true")["orderedItems"] == []


def test_the_instances_own_actor_keeps_its_key(stranger: FlaskClient) -> None:
    first, again = get(stranger, "/actor"), get(stranger, "/actor")
    assert first["publicKey"] == again["publicKey"]
    assert (first["type"], first["preferredUsername"]) == ("Application", "localhost")
    found = get(stranger, "/.well-known/webfinger?resource=acct:localhost@localhost:10100")
    assert found["links"][1]["href"] == f"{HERE}/actor"


@pytest.mark.parametrize(
    "resource",
    [
        "acct:anna@localhost:10100",
        "acct:ANNA@LOCALHOST:10100",
        "anna@localhost:10100",
        f"{HERE}/users/anna",
        f"{HERE}/@anna",
    ],
)
def test_webfinger(stranger: FlaskClient, anna: Any, resource: str) -> None:
    answer = stranger.get("/.well-known/webfinger", query_string={"resource": resource})
    assert answer.headers["Content-Type"].startswith("application/jrd+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json is not None
    assert answer.json["subject"] == "acct:anna@localhost:10100"
    assert {"rel": "self", "type": "application/activity+json", "href": f"{HERE}/users/anna"} in answer.json["links"]


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("", 400),
        ("x" * 3000, 400),
        ("acct:anna@far.example", 404),
        ("acct:nobody@localhost:10100", 404),
        ("acct:anna", 404),
        ("acct:anna@", 404),
        ("https://far.example/users/anna", 404),
        (f"{HERE}/users/anna/statuses/1", 404),
        (f"{HERE}.evil.example/users/anna", 404),
        ("acct:\0@localhost:10100", 404),
    ],
)
def test_webfinger_of_nobody(stranger: FlaskClient, anna: Any, resource: str, status: int) -> None:
    answer = stranger.get("/.well-known/webfinger", query_string={"resource": resource})
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["error"]


def test_nodeinfo_and_host_meta(stranger: FlaskClient, anna: Any, bob: Any) -> None:
    anna.toot("one")
    links = get(stranger, "/.well-known/nodeinfo")["links"]
    for link in links:
        info = get(stranger, link["href"].removeprefix(HERE))
        assert info["software"]["name"] == "hearth"
        assert info["protocols"] == ["activitypub"]
        assert info["usage"]["users"]["total"] == 2
        assert info["usage"]["localPosts"] == 1
        assert info["openRegistrations"] is False
    get(stranger, "/nodeinfo/3.0", 404)
    root = ElementTree.fromstring(stranger.get("/.well-known/host-meta").data)
    assert root[0].attrib["template"] == f"{HERE}/.well-known/webfinger?resource={{uri}}"


def test_nobody_hears_of_those_who_wait_for_approval(stranger: FlaskClient, anna: Any, database: Database) -> None:
    with database.write() as tx:
        tx.execute(sa.update(members).values(state="pending"))
    for path in PATHS[2:7]:
        get(stranger, path, 404)


def test_while_there_is_no_name_nothing_federates(context: Context, anna: Any) -> None:
    client = create_app(replace(context, origin=None)).test_client()
    for path in PATHS:
        assert "name" in get(client, path, 404)["error"]
    for path in ("/inbox", "/users/anna/inbox", "/actor/inbox"):
        answer = client.post(path, data=b"{}")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "300")


@pytest.mark.parametrize("path", ["/users/a%0d%0aX: y", "/users/a%0aX/statuses/1", "/@a%0aX", "/@a%0aX/1"])
@pytest.mark.parametrize("accept", ["text/html", "application/activity+json"])
def test_names_with_line_breaks_are_nobodys(stranger: FlaskClient, path: str, accept: str) -> None:
    answer = stranger.get(path, headers={"Accept": accept}, follow_redirects=True)
    assert answer.status_code == 404
