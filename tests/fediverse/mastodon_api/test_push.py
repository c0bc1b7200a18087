# SPDX-License-Identifier: AGPL-3.0-or-later
"""Subscriptions to pushes, one for each token."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.app import create_app
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import push_subscriptions, tokens
from appliance.fediverse.services import push_keys
from appliance.fediverse.services import push_subscriptions as service
from tests.fediverse.conftest import ALL, MakePerson, Person
from tests.fediverse.push.receiver import Browser

PATH = "/api/v1/push/subscription"
URL = "https://push.example/abc"


def body(url: str = URL, **more: Any) -> dict[str, Any]:
    return {"subscription": Browser().subscription(url), "data": {"alerts": {"mention": True}}} | more


@pytest.fixture
def key(database: Database) -> str:
    push_keys.ensure(database)
    with database.read() as tx:
        return push_keys.public_key(tx)


def test_the_key_is_made_once_and_shown_everywhere(key: str, database: Database, anna: Person, stranger: Any) -> None:
    push_keys.ensure(database)
    assert len(key) == 88
    assert stranger.get("/api/v2/instance").json["configuration"]["vapid"]["public_key"] == key
    app = {"client_name": "x", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
    assert stranger.post("/api/v1/apps", json=app).json["vapid_key"] == key
    assert anna.get("/api/v1/apps/verify_credentials")["vapid_key"] == key
    assert anna.post(PATH, body())["server_key"] == key


def test_one_is_made_shown_changed_and_deleted(key: str, anna: Person) -> None:
    made = anna.post(PATH, body())
    assert (made["endpoint"], made["standard"], made["policy"]) == (URL, True, "all")
    assert [kind for kind, wanted in made["alerts"].items() if wanted] == ["mention"]
    assert anna.get(PATH) == made
    changed = anna.ask("PUT", PATH, json={"data": {"alerts": {"poll": True, "mention": False}, "policy": "followed"}})
    assert changed.json is not None
    assert [kind for kind, wanted in changed.json["alerts"].items() if wanted] == ["poll"]
    assert (changed.json["policy"], changed.json["endpoint"]) == ("followed", URL)
    assert anna.ask("PUT", PATH, data={"policy": "none"}).json == changed.json | {"policy": "none"}
    again = anna.post(PATH, body("https://push.example/other"))
    assert again["id"] != made["id"]
    assert anna.get(PATH) == again
    for _ in range(2):
        assert anna.ask("DELETE", PATH).json == {}
    anna.refused(404, "GET", PATH)
    anna.refused(404, "PUT", PATH, json={"policy": "all"})


def test_each_token_has_its_own(key: str, anna: Person, make_person: MakePerson, database: Database) -> None:
    other = make_person("anna")
    anna.post(PATH, body())
    other.refused(404, "GET", PATH)
    other.post(PATH, body("https://push.example/other"))
    assert anna.get(PATH)["endpoint"] == URL
    with database.write() as tx:
        token_id = tx.execute(sa.select(sa.func.min(tokens.c.id)).where(tokens.c.account_id == anna.id)).scalar_one()
        tx.execute(sa.delete(tokens).where(tokens.c.id == token_id))
        assert [row.endpoint for row in tx.all(sa.select(push_subscriptions))] == ["https://push.example/other"]


def test_there_are_only_so_many(
    key: str, make_person: MakePerson, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    for number in range(4):
        make_person("anna").post(PATH, body(f"https://push.example/{number}"))
    with database.read() as tx:
        kept = [row.endpoint for row in tx.all(sa.select(push_subscriptions).order_by(push_subscriptions.c.id))]
    assert kept == ["https://push.example/2", "https://push.example/3"]


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "ftp://push.example/", "https://push.example:99999/", "https://a b/"),
        *("file:///etc/passwd", "https://" + "a" * 3000, "https://push.example/" + "a" * 3000),
    ],
)
def test_addresses_that_cannot_be_pushed_to(key: str, anna: Person, url: str) -> None:
    anna.refused(422, "POST", PATH, json=body(url))


def test_keys_that_are_none(key: str, anna: Person) -> None:
    for name, value in (("p256dh", "x"), ("p256dh", ""), ("auth", "x"), ("auth", "é")):
        wanted = body()
        wanted["subscription"]["keys"][name] = value
        anna.refused(422, "POST", PATH, json=wanted)
    anna.refused(422, "POST", PATH, json={})
    anna.refused(422, "POST", PATH, json=body(data={"policy": "nonsense"}))
    anna.refused(422, "POST", PATH, json=body(data={"alerts": {"mention": "perhaps"}}))
    anna.refused(404, "GET", PATH)


def test_strangers_and_other_scopes(key: str, stranger: Any, make_person: MakePerson) -> None:
    reader = make_person("reader", ALL.replace("push", ""))
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert stranger.open(PATH, method=method).status_code == 401
        reader.refused(403, method, PATH, json=body() if method != "GET" else None)


def test_without_a_name_there_are_none(key: str, context: Context, anna: Person) -> None:
    client = create_app(replace(context, origin=None)).test_client()
    headers = {"Authorization": f"Bearer {anna.token}"}
    assert client.post(PATH, json=body(), headers=headers).status_code == 422
    document: Any = client.get("/api/v2/instance").json
    assert document["configuration"]["vapid"]["public_key"] == ""
