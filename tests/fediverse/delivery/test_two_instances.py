# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two instances in one process, over real HTTP on loopback: what one does, the other sees."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.serving import WSGIRequestHandler, make_server

from appliance.config import Config
from appliance.fediverse.app import create_app
from appliance.fediverse.companion.timetable import Timetable
from appliance.fediverse.context import Context, database_url
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import deliveries, members, polls, statuses
from appliance.fediverse.delivery.courier import Courier
from appliance.fediverse.oauth import apps, tokens
from appliance.fediverse.services import accounts
from appliance.fediverse.services.keys import KeyPair
from appliance.system.async_net import AiohttpNet
from appliance.system.clock import SystemClock
from appliance.system.exchange import Request, Response
from appliance.system.net import SystemNet
from tests.fediverse.databases import Databases

SCOPES = "read write follow"


class Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


@dataclass
class Instance:
    """An instance with one member, who asks by its API as an app does."""

    context: Context
    client: FlaskClient
    token: str
    username: str

    @property
    def host(self) -> str:
        return self.context.urls().host

    @property
    def handle(self) -> str:
        return f"{self.username}@{self.host}"

    def ask(self, method: str, path: str, data: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        response = self.client.open(path, method=method, json=data, headers=headers)
        assert response.status_code == 200, (path, response.status_code, response.text)
        return response.json

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(self, path: str, data: Any = None) -> Any:
        return self.ask("POST", path, data or {})

    def home(self) -> list[Any]:
        statuses: list[Any] = self.get("/api/v1/timelines/home")
        return statuses

    def find(self, handle: str) -> str:
        return str(self.get(f"/api/v2/search?q={handle}&resolve=true")["accounts"][0]["id"])

    def deliver(self, net: Any = None) -> None:
        """Send all that waits."""

        async def work() -> None:
            real = AiohttpNet(development=True)
            courier = Courier(self.context, net(real) if net else real, jitter=lambda: 0.0)
            try:
                for _ in range(10):
                    await courier.turn()
                    await courier.finish()
            finally:
                await real.close()

        asyncio.run(work())

    def waiting(self) -> int:
        with self.context.database.read() as tx:
            return int(tx.connection.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar_one())


@pytest.fixture
def make_instance(databases: Databases, tmp_path: Path, keys: KeyPair) -> Iterator[Callable[[str], Instance]]:
    servers: list[Any] = []
    opened: list[Database] = []
    configs: list[Config] = []

    def make(username: str) -> Instance:
        state = tmp_path / username
        listener = socket.create_server(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = Config(
            state=state,
            runtime=state / "run",
            virtual=True,
            development_origin=origin,
            database_url=databases.address(),
        )
        databases.create(config)
        configs.append(config)
        clock = SystemClock(assume_trusted=True)
        database = Database(database_url(config), clock)
        opened.append(database)
        context = Context(database, clock, SystemNet(development=True), config, origin)
        app = create_app(context)
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet, fd=listener.detach())
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        with database.write() as tx:
            account_id = accounts.create_local(tx, username, keys)
            values = {"password": "", "role": "member", "state": "active", "preferences": {}, "created_at": 0}
            tx.execute(sa.insert(members).values(account_id=account_id, **values))
            app_row, _ = apps.register(tx, apps.NewApp("Tests", (apps.OUT_OF_BAND,), SCOPES))
            token = tokens.issue(tx, app_row.id, account_id, tuple(SCOPES.split())).secret.reveal()
        return Instance(context, app.test_client(), token, username)

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()
    for database in opened:
        database.close()
    for config in configs:
        databases.remove(config)


@pytest.fixture
def friends(make_instance: Callable[[str], Instance]) -> tuple[Instance, Instance]:
    """anna and bob, each on an instance of their own; bob follows anna."""
    anna, bob = make_instance("anna"), make_instance("bob")
    anna_there = bob.find(f"@{anna.handle}")
    assert bob.post(f"/api/v1/accounts/{anna_there}/follow")["requested"]
    bob.deliver()
    anna.deliver()
    assert bob.get(f"/api/v1/accounts/relationships?id[]={anna_there}")[0]["following"]
    assert [notice["type"] for notice in anna.get("/api/v1/notifications")] == ["follow"]
    return anna, bob


def test_a_post_its_edit_and_its_end(friends: tuple[Instance, Instance]) -> None:
    anna, bob = friends
    tea = f"Tea, @{bob.handle}? #tea"
    status = anna.post("/api/v1/statuses", {"status": tea, "spoiler_text": "Invitation", "language": "en"})
    anna.deliver()
    (seen,) = bob.home()
    assert seen["uri"] == status["uri"]
    assert (seen["spoiler_text"], seen["language"], seen["visibility"]) == ("Invitation", "en", "public")
    assert [tag["name"] for tag in seen["tags"]] == ["tea"]
    assert [mention["username"] for mention in seen["mentions"]] == ["bob"]
    assert f'href="http://{anna.host}/tags/tea"' in seen["content"]
    assert bob.get("/api/v1/notifications")[0]["type"] == "mention"
    anna.ask("PUT", f"/api/v1/statuses/{status['id']}", {"status": "Coffee?"})
    anna.deliver()
    assert "Coffee?" in bob.home()[0]["content"]
    anna.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    anna.deliver()
    assert bob.home() == []
    assert anna.waiting() == 0


def test_a_conversation(friends: tuple[Instance, Instance]) -> None:
    anna, bob = friends
    status = anna.post("/api/v1/statuses", {"status": "Hello"})
    anna.deliver()
    seen = bob.home()[0]
    reply = bob.post("/api/v1/statuses", {"status": f"@{anna.handle} Hello yourself", "in_reply_to_id": seen["id"]})
    bob.post(f"/api/v1/statuses/{seen['id']}/favourite")
    bob.post(f"/api/v1/statuses/{seen['id']}/reblog")
    bob.deliver()
    notices = sorted(notice["type"] for notice in anna.get("/api/v1/notifications"))
    assert notices == ["favourite", "follow", "mention", "reblog"]
    thread = anna.get(f"/api/v1/statuses/{status['id']}/context")["descendants"]
    assert [status["uri"] for status in thread] == [reply["uri"]]
    now = anna.get(f"/api/v1/statuses/{status['id']}")
    assert (now["favourites_count"], now["reblogs_count"], now["replies_count"]) == (1, 1, 1)
    bob.post(f"/api/v1/statuses/{seen['id']}/unfavourite")
    bob.post(f"/api/v1/statuses/{seen['id']}/unreblog")
    bob.ask("DELETE", f"/api/v1/statuses/{reply['id']}")
    bob.deliver()
    now = anna.get(f"/api/v1/statuses/{status['id']}")
    assert (now["favourites_count"], now["reblogs_count"], now["replies_count"]) == (0, 0, 0)


def test_a_direct_message_reaches_only_whom_it_is_for(
    friends: tuple[Instance, Instance], make_instance: Callable[[str], Instance]
) -> None:
    anna, bob = friends
    carol = make_instance("carol")
    carol.post(f"/api/v1/accounts/{carol.find('@' + anna.handle)}/follow")
    carol.deliver()
    anna.deliver()
    anna.post("/api/v1/statuses", {"status": f"@{bob.handle} psst", "visibility": "direct"})
    anna.post("/api/v1/statuses", {"status": "for friends", "visibility": "private"})
    anna.deliver()
    assert [status["visibility"] for status in bob.home()] == ["private", "direct"]
    assert [status["visibility"] for status in carol.home()] == ["private"]


def test_unfollow_block_and_profile(friends: tuple[Instance, Instance]) -> None:
    anna, bob = friends
    anna.ask("PATCH", "/api/v1/accounts/update_credentials", {"display_name": "Anna A."})
    anna.deliver()
    anna_there = bob.find(f"@{anna.handle}")
    assert bob.get(f"/api/v1/accounts/{anna_there}")["display_name"] == "Anna A."
    bob.post(f"/api/v1/accounts/{anna_there}/unfollow")
    bob.deliver()
    assert anna.get("/api/v1/accounts/verify_credentials")["followers_count"] == 0
    bob.post(f"/api/v1/accounts/{anna_there}/follow")
    bob.deliver()
    anna.deliver()
    anna.post(f"/api/v1/accounts/{anna.find('@' + bob.handle)}/block")
    anna.deliver()
    bob.deliver()
    assert not bob.get(f"/api/v1/accounts/relationships?id[]={anna_there}")[0]["following"]
    anna.post("/api/v1/statuses", {"status": "without bob"})
    anna.deliver()
    assert bob.home() == []


def test_a_locked_account_decides(make_instance: Callable[[str], Instance]) -> None:
    anna, bob = make_instance("anna"), make_instance("bob")
    anna.ask("PATCH", "/api/v1/accounts/update_credentials", {"locked": True})
    anna_there = bob.find(f"@{anna.handle}")
    for answer, following in (("reject", False), ("authorize", True)):
        bob.post(f"/api/v1/accounts/{anna_there}/follow")
        bob.deliver()
        (request,) = anna.get("/api/v1/follow_requests")
        anna.post(f"/api/v1/follow_requests/{request['id']}/{answer}")
        anna.deliver()
        assert bob.get(f"/api/v1/accounts/relationships?id[]={anna_there}")[0]["following"] is following


class Forgetful:
    """The answers are lost on their way, though the other server took what was sent."""

    def __init__(self, net: AiohttpNet) -> None:
        self._net = net

    async def fetch(self, request: Request) -> Response:
        await self._net.fetch(request)
        return Response(500)


def test_what_is_sent_twice_is_there_once(friends: tuple[Instance, Instance]) -> None:
    anna, bob = friends
    anna.post("/api/v1/statuses", {"status": "once"})
    anna.deliver(Forgetful)
    assert anna.waiting() == 1
    with anna.context.database.write() as tx:
        tx.execute(sa.update(deliveries).values(due_at=0))
    anna.deliver()
    assert anna.waiting() == 0
    assert len(bob.home()) == 1
    with bob.context.database.read() as tx:
        assert len(tx.all(sa.select(statuses))) == 1


def test_a_poll(friends: tuple[Instance, Instance]) -> None:
    anna, bob = friends
    anna.post("/api/v1/statuses", {"status": "Which?", "poll": {"options": ["Tea", "Coffee"], "expires_in": 3600}})
    anna.deliver()
    (seen,) = bob.home()
    assert [option["title"] for option in seen["poll"]["options"]] == ["Tea", "Coffee"]
    bob.post(f"/api/v1/polls/{seen['poll']['id']}/votes", {"choices": [1]})
    bob.deliver()
    (asked,) = anna.home()
    assert [option["votes_count"] for option in asked["poll"]["options"]] == [0, 1]
    with anna.context.database.write() as tx:
        tx.execute(sa.update(polls).values(tell_at=1, ends_at=1))  # its time has come
    asyncio.run(Timetable(anna.context).turn())
    anna.deliver()
    assert [notice["type"] for notice in anna.get("/api/v1/notifications?types[]=poll")] == ["poll"]
    assert [option["votes_count"] for option in bob.home()[0]["poll"]["options"]] == [0, 1]
    assert anna.waiting() == bob.waiting() == 0


def test_what_is_not_for_everybody_is_told_to_followers_of_now_alone(friends: tuple[Instance, Instance]) -> None:
    anna, bob = friends
    anna.post("/api/v1/statuses", {"status": "for friends", "visibility": "private"})
    anna.deliver()
    (seen,) = bob.home()
    bob.post("/api/v1/statuses", {"status": f"@{anna.handle} thanks", "in_reply_to_id": seen["id"]})
    bob.deliver()
    bob.post(f"/api/v1/accounts/{seen['account']['id']}/unfollow")
    bob.deliver()
    (status,) = anna.home()
    anna.ask("PUT", f"/api/v1/statuses/{status['id']}", {"status": "for other friends"})
    assert anna.waiting() == 0


def test_a_collection_with_a_friend_in_it(friends: tuple[Instance, Instance]) -> None:
    """Asked, agreed, known to who follows, and left."""
    anna, bob = friends
    bob_there = anna.find(f"@{bob.handle}")
    made = anna.post("/api/v1/collections", {"name": "Friends", "account_ids": [bob_there]})["collection"]
    assert [each["state"] for each in made["items"]] == ["pending"]
    anna.deliver()
    (told,) = bob.get("/api/v1/notifications")
    assert (told["type"], told["collection"]["uri"]) == ("added_to_collection", made["uri"])
    bob.deliver()
    path = f"/api/v1/collections/{made['id']}"
    assert [each["state"] for each in anna.get(path)["collection"]["items"]] == ["accepted"]
    anna.deliver()
    there = f"/api/v1/accounts/{bob.find(f'@{anna.handle}')}/collections"
    (seen,) = bob.get(there)["collections"]
    assert (seen["name"], len(seen["items"])) == ("Friends", 1)
    anna.ask("PATCH", path, {"name": "Best friends"})
    anna.deliver()
    assert bob.get(there)["collections"][0]["name"] == "Best friends"
    leave = f"/api/v1/collections/{seen['id']}/items/{seen['items'][0]['id']}/revoke"
    left = bob.client.post(leave, headers={"Authorization": f"Bearer {bob.token}"})
    assert left.status_code == 200
    bob.deliver()
    assert anna.get(path)["collection"]["items"] == []
    gone = anna.client.delete(path, headers={"Authorization": f"Bearer {anna.token}"})
    assert gone.status_code == 200
    anna.deliver()
    assert bob.get(there)["collections"] == []
