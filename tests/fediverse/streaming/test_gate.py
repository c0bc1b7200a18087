# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may listen to what, and what becomes of those who want too much."""

import asyncio
import socket as sockets
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts, lists, members, tokens
from appliance.fediverse.oauth import apps
from appliance.fediverse.oauth import tokens as token_service
from appliance.fediverse.services import ip_blocks
from appliance.fediverse.services.ip_blocks import Change, Severity
from appliance.fediverse.streaming import gate, hub, listener
from appliance.system.stream_server import Asked, Refusal
from tests.fediverse.conftest import ALL, Person
from tests.fediverse.streaming.conftest import PATIENCE, Play, Stage


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_it_says_that_it_lives(play: Play) -> None:
    async def test(stage: Stage) -> None:
        async with stage.session.get(stage.url("/health")) as response:
            assert (response.status, await response.text()) == (200, "OK")

    play(test)


def test_a_token_is_taken_in_three_places(play: Play, anna: Person) -> None:
    async def test(stage: Stage) -> None:
        for options in (
            {"headers": bearer(anna.token)},
            {"protocols": (anna.token,)},
            {"params": {"access_token": anna.token}},
        ):
            async with stage.session.ws_connect(stage.url("?stream=user"), **options) as socket:
                assert socket.protocol == (anna.token if "protocols" in options else None)
        async with stage.session.get(stage.url(f"/user?access_token={anna.token}")) as response:
            assert response.status == 200
            assert response.headers["Access-Control-Allow-Origin"] == "*"

    play(test)


def test_nobody_listens_without_a_members_token(play: Play, anna: Person, database: Database) -> None:
    with database.write() as tx:
        registered, _ = apps.register(tx, apps.NewApp("Tests", (apps.OUT_OF_BAND,), ALL))
        apps_own = token_service.issue(tx, registered.id, None, ("read",)).secret.reveal()

    async def test(stage: Stage) -> None:
        for path in ("/user", "/public", "/hashtag?tag=x", "/direct", "/user/notification"):
            assert await stage.refused(path) == (401, "Missing access token")
        for token in ("", "wrong", apps_own):
            status, _ = await stage.refused("/public", headers=bearer(token))
            assert status == 401
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await stage.session.ws_connect(stage.url("?stream=public"), headers=bearer(token))
            assert refused.value.status == 401

    play(test)


def test_scopes_are_kept(play: Play, make_person: Any, bob: Person) -> None:
    reader = make_person("reader", "read:statuses")
    noticer = make_person("noticer", "read:notifications")
    pusher = make_person("pusher", "push write follow")
    sentence = "Access token does not have the required scopes"

    async def test(stage: Stage) -> None:
        assert await stage.refused("/user/notification", headers=bearer(reader.token)) == (401, sentence)
        assert await stage.refused("/user", headers=bearer(noticer.token)) == (401, sentence)
        assert await stage.refused("/public", headers=bearer(pusher.token)) == (401, sentence)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await stage.socket(pusher)
        socket, events = await stage.socket(noticer)
        await socket.send_json({"type": "subscribe", "stream": "user"})
        assert await events.next() == {"error": sentence, "status": 401, "payload": None}
        # With one of the two it hears what that one is for.
        _, home = await stage.socket(reader, "?stream=user")
        await stage.do(bob.toot, "hi @reader")
        await stage.settled()
        await home.none()

    play(test)


def test_other_peoples_lists_are_not_there(play: Play, anna: Person, bob: Person, database: Database) -> None:
    with database.write() as tx:
        list_id = tx.next_id()
        tx.execute(sa.insert(lists).values(id=list_id, account_id=anna.id, title="x", replies_policy="list"))

    async def test(stage: Stage) -> None:
        for each in (list_id, 5):
            assert await stage.refused(f"/list?list={each}", headers=bearer(bob.token)) == (401, "List not found")
        socket, events = await stage.socket(bob)
        await socket.send_json({"type": "subscribe", "stream": "list", "list": str(list_id)})
        assert (await events.next())["error"] == "List not found"

    play(test)


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/nonsense", 400, "Unknown channel requested"),
        ("", 400, "Unknown channel requested"),
        ("/hashtag", 400, "Missing tag name parameter"),
        ("/hashtag?tag=%23", 400, "Missing tag name parameter"),
        ("/list", 400, "Missing list name parameter"),
        ("/list?list=x", 400, "Missing list name parameter"),
        (f"/list?list={'9' * 99}", 400, "Missing list name parameter"),
        ("/../accounts", 404, "Not found"),
    ],
)
def test_nonsense_is_refused(path: str, status: int, sentence: str, play: Play, anna: Person) -> None:
    async def test(stage: Stage) -> None:
        assert await stage.refused(path, headers=bearer(anna.token)) == (status, sentence)

    play(test)


def test_nonsense_on_a_socket_is_passed_over(play: Play, anna: Person) -> None:
    async def test(stage: Stage) -> None:
        socket, events = await stage.socket(anna)
        for text in (
            "",
            "x",
            "[]",
            "null",
            "{}",
            '{"type": 1}',
            "[" * 2000,
            '{"type": "subscribe", "stream": ["user"]}',
        ):
            await socket.send_str(text)
        await socket.send_json({"type": "subscribe", "stream": "hashtag"})
        told = [(await events.next())["error"] for _ in range(2)]
        assert told == ["Unknown stream type", "Missing tag name parameter"]

    play(test)


def test_large_and_binary_frames_end_the_connection(play: Play, anna: Person) -> None:
    async def test(stage: Stage) -> None:
        for send in (lambda socket: socket.send_str("x" * 5000), lambda socket: socket.send_bytes(b"x")):
            socket, events = await stage.socket(anna)
            await send(socket)
            await events.end()
            assert socket.close_code in (1003, 1009)

    play(test)


def test_a_flood_of_subscriptions_is_refused(play: Play, anna: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MAX_CHANNELS", 3)
    monkeypatch.setattr(gate, "MAX_SAID", 10)

    async def test(stage: Stage) -> None:
        socket, events = await stage.socket(anna)
        for number in range(11):
            await socket.send_json({"type": "subscribe", "stream": "hashtag", "tag": f"t{number}"})
        await events.end()
        assert all(each["error"] == "Too many subscriptions" for each in events.all)
        assert socket.close_code == 1008

    play(test)


def test_nobody_takes_all_connections(
    play: Play, anna: Person, bob: Person, carol: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MAX_PER_MEMBER", 2)
    monkeypatch.setattr(hub, "MAX_LISTENERS", 3)

    async def test(stage: Stage) -> None:
        first, _ = await stage.socket(anna, "?stream=user")
        await stage.socket(anna, "?stream=user")
        assert await stage.refused("/user", headers=bearer(anna.token)) == (429, "Too many connections")
        await stage.socket(bob, "?stream=user")
        assert await stage.refused("/user", headers=bearer(carol.token)) == (429, "Too many connections")
        await first.close()
        async with asyncio.timeout(PATIENCE):
            while len(stage.hub._listeners) > 2:
                await asyncio.sleep(0.01)
        await stage.socket(carol, "?stream=user")

    play(test)


@pytest.mark.parametrize("end", ["revoked", "disabled", "suspended"])
def test_a_stream_ends_with_what_let_it_in(end: str, play: Play, anna: Person, bob: Person, database: Database) -> None:
    def stop() -> None:
        with database.write() as tx:
            if end == "revoked":
                tx.execute(sa.delete(tokens).where(tokens.c.account_id == anna.id))
            elif end == "disabled":
                tx.execute(sa.update(members).where(members.c.account_id == anna.id).values(state="disabled"))
            else:
                tx.execute(sa.update(accounts).where(accounts.c.id == anna.id).values(suspended_at=1))

    async def test(stage: Stage) -> None:
        _, events = await stage.socket(anna, "?stream=user")
        sse = await stage.sse(anna, "/public")
        _, other = await stage.socket(bob, "?stream=public")
        await stage.do(stop)
        await events.end()
        await sse.end()
        assert not other.ended.is_set()

    play(test)


def test_who_reads_nothing_is_dropped(play: Play, anna: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MAX_WAITING", 50_000)
    monkeypatch.setattr("appliance.system.stream_server.SEND_SECONDS", 0.5)

    async def test(stage: Stage) -> None:
        reader = sockets.create_connection(("127.0.0.1", stage.port))
        reader.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 2048)
        path = f"/api/v1/streaming/user?access_token={anna.token}"
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        async with asyncio.timeout(PATIENCE):
            while not stage.hub._listeners:
                await asyncio.sleep(0.01)
        (one,) = stage.hub._listeners
        async with asyncio.timeout(30):
            while stage.hub._listeners:
                one.put("x" * 40_000)
                await asyncio.sleep(0.01)
        assert one._size <= 50_000
        reader.close()

    play(test)


def test_quiet_streams_are_kept_alive(play: Play, anna: Person) -> None:
    async def test(stage: Stage) -> None:
        async with stage.session.get(stage.url("/user"), headers=bearer(anna.token)) as response:
            lines = [await response.content.readline() for _ in range(3)]
        assert lines == [b":)\n", b":thump\n", b":thump\n"]

    play(test)


def test_only_asking_is_possible(play: Play, anna: Person) -> None:
    async def test(stage: Stage) -> None:
        async with stage.session.post(stage.url("/user"), headers=bearer(anna.token)) as response:
            assert response.status == 405
        async with stage.session.options(stage.url("/user")) as response:
            assert response.status == 204
            assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
        headers = bearer(anna.token) | {"Upgrade": "websocket"}
        async with stage.session.get(stage.url("?stream=user"), headers=headers) as response:
            assert response.status == 400

    play(test)


def test_nobody_listens_to_the_hub_any_more_when_all_left(play: Play, anna: Person) -> None:
    async def test(stage: Stage) -> None:
        for _ in range(3):
            socket, _ = await stage.socket(anna, "?stream=user")
            await socket.close()
        async with asyncio.timeout(PATIENCE):
            while stage.hub._listeners:
                await asyncio.sleep(0.01)
        assert not stage.hub._of_member

    play(test)


def _asked(token: str, path: str = "/api/v1/streaming/user") -> Asked:
    return Asked(path, {}, "hearth.example", "https", f"Bearer {token}", (), False, address="203.0.113.5")


def test_who_is_kept_out_by_address_gets_no_stream_and_no_file(context: Context, anna: Person) -> None:
    with context.database.write() as tx:
        ip_blocks.add(tx, Change("203.0.113.0/24", Severity.NO_ACCESS, expires_in=600))

    async def test() -> None:
        door = gate.Gate(context, hub.Hub(context.database))
        for path in ("/api/v1/streaming/user", "/media/00/0.jpg", "/elsewhere/avatar/0/0"):
            refused = await door.receive(_asked(anna.token, path))
            assert isinstance(refused, Refusal)
            assert refused.status == 403

    asyncio.run(test())


def test_streams_are_counted_by_token_and_guesses_by_address(context: Context, anna: Person) -> None:
    async def status(door: gate.Gate, token: str) -> int:
        answer = await door.receive(_asked(token))
        if isinstance(answer, Refusal):
            return answer.status
        assert isinstance(answer, listener.Listener)
        answer.left()
        return 200

    async def test() -> None:
        door = gate.Gate(context, hub.Hub(context.database))
        often = [await status(door, anna.token) for _ in range(301)]
        assert (set(often[:300]), often[300]) == ({200}, 429)
        assert {await status(door, f"guess{number}") for number in range(300)} == {401}
        for number in range(300):
            await status(door, f"more{number}")
        assert await status(door, "yet another") == 429

    asyncio.run(test())
