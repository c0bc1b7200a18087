# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real instance in a folder of the test's own: database, clock, app, and people with tokens."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance.config import Config
from appliance.fediverse.app import create_app
from appliance.fediverse.context import Context, database_url
from appliance.fediverse.db import topics
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import members
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.media.work import work_on_next
from appliance.fediverse.media.workshop import Workshop
from appliance.fediverse.model import MemberState, Role
from appliance.fediverse.oauth import apps, tokens
from appliance.fediverse.services import accounts
from appliance.fediverse.services.keys import KeyPair, make_key_pair
from appliance.fediverse.services.remote import RemoteAccount
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from appliance.system.net import VirtualNet
from appliance.system.runner import SystemRunner
from tests.fediverse.databases import Databases, InFolders, InPostgresql
from tests.postgresql import Cluster

ORIGIN = "http://localhost:10100"
ALL = "read write follow push"


@pytest.fixture(scope="session")
def keys() -> KeyPair:
    return make_key_pair()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server, started by the first test that wants one."""
    with Cluster() as made:
        yield made


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database of SQLite, made once."""
    return InFolders(tmp_path_factory.mktemp("template")).template


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    folder = tmp_path_factory.mktemp("databases")
    if request.config.getoption("--database") == "postgresql":
        return InPostgresql(request.getfixturevalue("cluster"), folder)
    return InFolders(folder)


@pytest.fixture
def config(tmp_path: Path, databases: Databases) -> Config:
    return Config(
        state=tmp_path,
        runtime=tmp_path / "run",
        virtual=True,
        development_origin=ORIGIN,
        database_url=databases.address(),
    )


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def database(config: Config, databases: Databases, clock: VirtualClock) -> Iterator[Database]:
    databases.create(config)
    database = Database(database_url(config), clock)
    yield database
    database.close()
    databases.remove(config)


@pytest.fixture
def urls() -> Urls:
    return Urls(ORIGIN, True)


@pytest.fixture
def context(config: Config, database: Database, clock: VirtualClock) -> Context:
    return Context(database, clock, VirtualNet(), config, ORIGIN)


@pytest.fixture
def app(context: Context) -> flask.Flask:
    app = create_app(context)
    app.testing = True
    return app


@dataclass
class Person:
    """A member with an app: `get("/api/v1/…")` and so on ask with her token."""

    id: int
    username: str
    client: FlaskClient
    token: str

    def ask(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} | kwargs.pop("headers", {})
        return self.client.open(path, method=method, headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> Any:
        response = self.ask("GET", path, **kwargs)
        assert response.status_code == 200, (response.status_code, response.text)
        return response.json

    def post(self, path: str, data: Any = None, **kwargs: Any) -> Any:
        response = self.ask("POST", path, json=data or {}, **kwargs)
        assert response.status_code == 200, (response.status_code, response.text)
        return response.json

    def toot(self, text: str, **more: Any) -> Any:
        return self.post("/api/v1/statuses", {"status": text, **more})

    def refused(self, status: int, method: str, path: str, **kwargs: Any) -> str:
        """Ask for what is not allowed; the sentence it is refused with."""
        response = self.ask(method, path, **kwargs)
        assert response.status_code == status, (response.status_code, response.text)
        assert response.json is not None
        return str(response.json["error"])


MakePerson = Callable[..., Person]


@pytest.fixture
def make_person(app: flask.Flask, database: Database, keys: KeyPair) -> MakePerson:
    def make(username: str, scopes: str = ALL, **values: Any) -> Person:
        with database.write() as tx:
            row = accounts.find_local(tx, username)
            account_id = row.id if row else make_member(tx, username, keys, **values)
            registered, _ = apps.register(tx, apps.NewApp("Tests", (apps.OUT_OF_BAND,), ALL))
            token = tokens.issue(tx, registered.id, account_id, tuple(scopes.split()))
        return Person(account_id, username, app.test_client(), token.secret.reveal())

    return make


@pytest.fixture
def anna(make_person: MakePerson) -> Person:
    return make_person("anna")


@pytest.fixture
def bob(make_person: MakePerson) -> Person:
    return make_person("bob")


@pytest.fixture
def carol(make_person: MakePerson) -> Person:
    return make_person("carol")


@pytest.fixture
def stranger(app: flask.Flask) -> FlaskClient:
    """Somebody without an account."""
    return app.test_client()


def make_member(
    tx: Any, username: str, keys: KeyPair, state: MemberState = MemberState.ACTIVE, role: Role = Role.MEMBER
) -> int:
    account_id = accounts.create_local(tx, username, keys)
    tx.execute(
        sa.insert(members).values(
            account_id=account_id,
            password="",
            role=role.value,
            state=state.value,
            preferences={},
            created_at=tx.now_ms,
        )
    )
    return account_id


def remote_account(name: str, host: str = "far.example", **more: Any) -> RemoteAccount:
    uri = f"https://{host}/users/{name}"
    return RemoteAccount(
        uri=uri,
        username=name,
        domain=host,
        inbox=f"{uri}/inbox",
        key_id=f"{uri}#main-key",
        public_key="PEM",
        followers_uri=f"{uri}/followers",
        url=f"https://{host}/@{name}",
        **more,
    )


@pytest.fixture
def workshop() -> Workshop:
    return Workshop(SystemRunner())


@pytest.fixture
def work(context: Context, workshop: Workshop) -> Callable[[], None]:
    """Work on all that waits."""

    def run() -> None:
        while work_on_next(context, workshop):
            pass

    return run


@pytest.fixture
def prompt(context: Context, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """The companion works at once."""

    def nudge(letters: bytes) -> None:
        if Topic.MEDIA in topics.read(letters):
            work()

    monkeypatch.setattr(context.database, "_nudge", nudge)


MARKS = "\u0301" * 2000 + "\u0316" * 2000


@pytest.fixture
def put_in_order(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long the texts were whose marks were put in order, which takes very long for many on one letter."""
    lengths: list[int] = []
    real = unicodedata.normalize

    def normalize(form: Any, text: str) -> str:
        lengths.append(len(text))
        return real(form, text)

    monkeypatch.setattr(unicodedata, "normalize", normalize)
    return lengths
