# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files as the companion hands them out, over a real port of this machine."""

import asyncio
import contextlib
import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from typing import Any

import pytest

from appliance.fediverse.context import Context
from appliance.fediverse.media import desk
from appliance.fediverse.media.keeper import Keeper
from appliance.fediverse.media.store import Shelf
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.workshop import Workshop
from appliance.fediverse.model import MediaPurpose
from appliance.fediverse.streaming.gate import Gate
from appliance.fediverse.streaming.hub import Hub
from appliance.system import stream_server
from appliance.system.async_net import AsyncVirtualNet
from appliance.system.net import Response, VirtualNet
from appliance.system.runner import SystemRunner
from appliance.system.stream_server import StreamServer
from tests.fediverse.conftest import ORIGIN
from tests.fediverse.media_files import picture

URL = "https://far.example/cup.png"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def context(context: Context) -> Context:
    return replace(context, media_secret=b"secret")


def stored(context: Context, data: bytes, ending: str) -> str:
    name, file = context.store.receive()
    with file:
        file.write(data)
    return context.store.keep(Shelf.FILES, context.store.incoming(name), ending)


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def asked(
    context: Context, *paths: str, method: str = "GET", keeper: Keeper | None = None, **headers: str
) -> list[Answer]:
    def ask(url: str) -> Answer:
        request = urllib.request.Request(url, headers=headers, method=method)
        try:
            answer = urllib.request.build_opener(Stay).open(request, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Answer(answer.status or 0, dict(answer.headers), answer.read())

    async def run() -> list[Answer]:
        server = StreamServer("127.0.0.1:0", Gate(context, Hub(context.database)).receive, behind_proxy=False)
        await server.start()
        keeping = asyncio.create_task(_keep(keeper)) if keeper else None
        try:
            return [await asyncio.to_thread(ask, f"http://127.0.0.1:{server.port}{path}") for path in paths]
        finally:
            if keeping:
                keeping.cancel()
            await server.close()

    return asyncio.run(run())


async def _keep(keeper: Keeper) -> None:
    while True:
        await keeper.turn()
        await asyncio.sleep(0.05)


def test_a_file_is_handed_over_whole_or_in_part_and_harmless(context: Context) -> None:
    data = bytes(range(256)) * 1000
    (answer,) = asked(context, f"/media/{(name := stored(context, data, 'mp4'))}")
    assert (answer.status, answer.body) == (200, data)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    (part,) = asked(context, f"/media/{name}", Range="bytes=10-19")
    assert (part.status, part.body) == (206, data[10:20])
    (head,) = asked(context, f"/media/{name}", method="HEAD")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, "256000", b"")
    (post,) = asked(context, f"/media/{name}", method="DELETE")
    assert post.status == 405


def test_a_line_that_is_kept_brings_one_file_after_another(context: Context) -> None:
    names = [stored(context, data, "mp4") for data in (b"first" * 9000, b"second" * 9000)]

    def both(port: int) -> list[bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as line:
            bodies = []
            for name in names:
                line.request("GET", f"/media/{name}")
                bodies.append(line.getresponse().read())
                assert line.sock is not None, "the server closed the line"
            return bodies

    async def run() -> list[bytes]:
        server = StreamServer("127.0.0.1:0", Gate(context, Hub(context.database)).receive, behind_proxy=False)
        await server.start()
        try:
            return await asyncio.to_thread(both, server.port)
        finally:
            await server.close()

    assert asyncio.run(run()) == [b"first" * 9000, b"second" * 9000]


def test_nothing_else_of_the_disk_is_handed_over(context: Context) -> None:
    name = stored(context, b"x", "jpg")
    paths = (
        "/media/../database.sqlite",
        "/media/ab/../../database.sqlite",
        "/media/%2e%2e/%2e%2e/database.sqlite",
        f"/media/{name}/",
        f"/media/{name.replace('jpg', 'svg')}",
        f"/media//{name}",
        "/media/",
        "/elsewhere/attachment/x/y",
        f"/elsewhere/attachment/{'0' * 24}/aHR0cHM6Ly9mYXIuZXhhbXBsZS8",
    )
    assert {answer.status for answer in asked(context, *paths)} == {404}


def test_other_servers_media_are_waited_for_without_a_thread(context: Context) -> None:
    net = VirtualNet({URL: Response(200, {}, picture())})
    keeper = Keeper(context, AsyncVirtualNet(net), Workshop(SystemRunner()), Strength(context.clock))
    path = context.urls().elsewhere(MediaPurpose.ATTACHMENT, URL).removeprefix(ORIGIN)
    answers = asked(context, path, f"{path}/small", keeper=keeper)
    assert [(each.status, each.headers["Content-Type"]) for each in answers] == [
        (200, "image/png"),
        (200, "image/jpeg"),
    ]
    assert len(net.asked) == 1


def test_what_does_not_come_is_told_in_time_and_a_face_is_drawn(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "SECONDS", 0.3)
    urls = context.urls()
    paths = [urls.elsewhere(each, URL).removeprefix(ORIGIN) for each in (MediaPurpose.CARD, MediaPurpose.AVATAR)]
    card, face = asked(context, *paths)
    assert (card.status, card.headers["Retry-After"], card.headers["Cache-Control"]) == (503, "10", "no-store")
    assert face.status == 302
    assert face.headers["Location"].startswith(f"{ORIGIN}/pictures/avatar-")


@pytest.mark.parametrize("limit", ["MAX_FILES", "MAX_FILES_PER_ADDRESS"])
def test_only_so_many_are_served_at_once(context: Context, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    path = f"/media/{stored(context, b'x', 'jpg')}"
    monkeypatch.setattr(stream_server, limit, 1)
    assert [each.status for each in asked(context, path, path, path)] == [200, 200, 200]
    monkeypatch.setattr(stream_server, limit, 0)
    assert [each.status for each in asked(context, path)] == [503]
