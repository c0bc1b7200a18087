# SPDX-License-Identifier: AGPL-3.0-or-later
"""People of another server: it answers on a virtual net, and they sign what they send."""

import json
from collections.abc import Callable
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance.fediverse.activitypub import signatures
from appliance.fediverse.activitypub.documents import PUBLIC
from appliance.fediverse.activitypub.signatures import Message
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import activities, deliveries
from appliance.fediverse.services.keys import KeyPair, make_key_pair
from appliance.system.clock import VirtualClock
from appliance.system.net import Response, VirtualNet

Document = dict[str, Any]
ACTIVITY = {"content-type": "application/activity+json; charset=utf-8"}
JRD = {"content-type": "application/jrd+json"}
HOST = "localhost:10100"
HERE = f"http://{HOST}"


class Remote:
    """An actor elsewhere. `post` sends a signed activity to our inbox and returns what we answer."""

    def __init__(
        self, name: str, host: str, keys: KeyPair, net: VirtualNet, client: FlaskClient, clock: VirtualClock
    ) -> None:
        self.name, self.host, self.keys = name, host, keys
        self.uri = f"https://{host}/users/{name}"
        self.key_id = f"{self.uri}#main-key"
        self._net, self._client, self._clock = net, client, clock
        self._count = 0
        self.publish()

    @property
    def document(self) -> Document:
        return {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": self.uri,
            "type": "Person",
            "preferredUsername": self.name,
            "name": self.name.title(),
            "summary": "<p>Hello</p>",
            "inbox": f"{self.uri}/inbox",
            "outbox": f"{self.uri}/outbox",
            "followers": f"{self.uri}/followers",
            "endpoints": {"sharedInbox": f"https://{self.host}/inbox"},
            "publicKey": {"id": self.key_id, "owner": self.uri, "publicKeyPem": self.keys.public},
        }

    def publish(self, document: Document | None = None) -> None:
        """Let its server answer with this, and by webfinger."""
        self.serve(self.uri, document or self.document)
        self.finger(self.name, self.host, self.host, self.uri)

    def finger(self, name: str, asked: str, domain: str, uri: str) -> None:
        body = {
            "subject": f"acct:{name}@{domain}",
            "links": [{"rel": "self", "type": "application/activity+json", "href": uri}],
        }
        url = f"https://{asked}/.well-known/webfinger?resource=acct%3A{name}%40{asked}"
        self._net.answers[url] = Response(200, JRD, json.dumps(body).encode())

    def serve(self, uri: str, document: Document, status: int = 200) -> None:
        self._net.answers[uri] = Response(status, ACTIVITY, json.dumps(document).encode())

    def note(self, text: str = "<p>Hello</p>", **more: Any) -> Document:
        self._count += 1
        return {
            "id": f"{self.uri}/statuses/{self._count}",
            "type": "Note",
            "attributedTo": self.uri,
            "content": text,
            "published": "2026-01-01T00:00:00Z",
            "to": [PUBLIC],
            "cc": [f"{self.uri}/followers"],
            **more,
        }

    def activity(self, kind: str, thing: Any, **more: Any) -> Document:
        self._count += 1
        uri = f"{self.uri}#{kind.lower()}s/{self._count}"
        return {"id": uri, "type": kind, "actor": self.uri, "object": thing, **more}

    def send(self, kind: str, thing: Any, **more: Any) -> Document:
        """Send an activity that must be taken; the activity."""
        activity = self.activity(kind, thing, **more)
        response = self.post(activity)
        assert response.status_code == 202, (response.status_code, response.text)
        return activity

    def signed(self, body: bytes, target: str = "/inbox", **changes: str) -> dict[str, str]:
        message = Message("POST", target, {"host": HOST, "content-type": "application/activity+json"}, body)
        key = signatures.private_key(self.keys.private.reveal())
        return signatures.sign(key, self.key_id, message, self._clock.now()) | changes

    def post(self, activity: Document | bytes, target: str = "/inbox", **changes: str) -> TestResponse:
        """`changes` are headers put on after signing."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        return self.deliver(body, self.signed(body, target, **changes), target)

    def deliver(self, body: bytes, headers: dict[str, str], target: str = "/inbox") -> TestResponse:
        return self._client.post(target, data=body, headers=headers)


@pytest.fixture
def net(context: Context) -> VirtualNet:
    assert isinstance(context.net, VirtualNet)
    return context.net


@pytest.fixture(scope="session")
def more_keys() -> list[KeyPair]:
    return [make_key_pair() for _ in range(3)]


MakeRemote = Callable[..., Remote]


@pytest.fixture
def make_remote(
    net: VirtualNet, app: flask.Flask, clock: VirtualClock, more_keys: list[KeyPair]
) -> Callable[..., Remote]:
    made: list[Remote] = []

    def make(name: str, host: str = "far.example") -> Remote:
        remote = Remote(name, host, more_keys[len(made)], net, app.test_client(), clock)
        made.append(remote)
        return remote

    return make


@pytest.fixture
def rita(make_remote: MakeRemote) -> Remote:
    return make_remote("rita")


@pytest.fixture
def mallory(make_remote: MakeRemote) -> Remote:
    return make_remote("mallory", "evil.example")


@pytest.fixture
def rows(database: Database) -> Callable[[sa.Table], list[sa.Row[Any]]]:
    def read(table: sa.Table) -> list[sa.Row[Any]]:
        with database.read() as tx:
            return tx.all(sa.select(table))

    return read


@pytest.fixture
def sent(database: Database) -> Any:
    """What left since it was asked last, the oldest first."""

    def take() -> list[Any]:
        with database.write() as tx:
            found = [json.loads(row.body) for row in tx.all(sa.select(activities).order_by(activities.c.id))]
            tx.execute(sa.delete(deliveries))
            tx.execute(sa.delete(activities))
        return found

    return take
