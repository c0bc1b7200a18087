# SPDX-License-Identifier: AGPL-3.0-or-later
"""A hub and a server of streams on a real port of this machine, and clients of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest

from appliance.fediverse.context import Context
from appliance.fediverse.streaming import hub as hub_module
from appliance.fediverse.streaming import reading
from appliance.fediverse.streaming.channels import Channel
from appliance.fediverse.streaming.gate import Gate
from appliance.fediverse.streaming.hub import Hub
from appliance.fediverse.streaming.listener import Event
from appliance.system.stream_server import StreamServer
from tests.fediverse.conftest import Person

PATIENCE = 10.0
_SETTLED = "settled"


class Events:
    """What one client was told, by whatever connection."""

    def __init__(self) -> None:
        self._told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.all: list[dict[str, Any]] = []
        self.ended = asyncio.Event()

    def put(self, message: dict[str, Any]) -> None:
        self.all.append(message)
        self._told.put_nowait(message)

    async def next(self) -> dict[str, Any]:
        """With `payload` read, where it is JSON."""
        async with asyncio.timeout(PATIENCE):
            message = await self._told.get()
        return message | {"payload": read(message.get("payload"))}

    async def none(self) -> None:
        """All that was told was asked for already. After `Stage.settled`."""
        assert (await self.next())["event"] == _SETTLED, self.all

    async def end(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.ended.wait()


def read(payload: Any) -> Any:
    try:
        return json.loads(payload)
    except (TypeError, ValueError):
        return payload


class Stage:
    def __init__(self, port: int, hub: Hub, session: aiohttp.ClientSession) -> None:
        self.port = port
        self.hub = hub
        self.session = session
        self._tasks: list[asyncio.Task[None]] = []
        self._open = AsyncExitStack()

    def url(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.port}/api/v1/streaming{path}"

    async def do(self, act: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Something happens, and the hub is told of it as after a commit."""
        result = await asyncio.to_thread(act, *arguments, **more)
        self.hub.wake()
        return result

    async def settled(self) -> None:
        """All that was committed is told, and then that it is."""
        with self.hub._database.read() as tx:
            newest = reading.newest(tx)
        self.hub.wake()
        async with asyncio.timeout(PATIENCE):
            while (self.hub._mark or 0) < newest:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # what was read is handed out right after
        for listener in self.hub._listeners:
            listener.tell(Channel((), ()), Event(_SETTLED))

    async def socket(self, person: Person, query: str = "", **options: Any) -> tuple[Any, Events]:
        headers = {"Authorization": f"Bearer {person.token}"}
        socket = await self.session.ws_connect(self.url(query), headers=headers, **options)
        return socket, self._listen(_read_socket, socket)

    async def sse(self, person: Person, path: str) -> Events:
        headers = {"Authorization": f"Bearer {person.token}"}
        response = await self._open.enter_async_context(self.session.get(self.url(path), headers=headers))
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        assert await response.content.readline() == b":)\n"
        return self._listen(_read_events, response)

    async def refused(self, path: str, **options: Any) -> tuple[int, str]:
        async with self.session.get(self.url(path), **options) as response:
            return response.status, str((await response.json())["error"])

    def _listen(self, reader: Callable[[Any, Events], Awaitable[None]], source: Any) -> Events:
        events = Events()

        async def run() -> None:
            try:
                await reader(source, events)
            finally:
                events.ended.set()

        self._tasks.append(asyncio.create_task(run()))
        return events

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._open.aclose()


async def _read_socket(socket: Any, events: Events) -> None:
    async for message in socket:
        events.put(json.loads(message.data))


async def _read_events(response: aiohttp.ClientResponse, events: Events) -> None:
    name = ""
    async for line in response.content:
        text = line.decode().rstrip("\n")
        if text.startswith("event: "):
            name = text.removeprefix("event: ")
        elif text.startswith("data: "):
            events.put({"event": name, "payload": text.removeprefix("data: ")})


Play = Callable[[Callable[[Stage], Awaitable[None]]], None]


@pytest.fixture
def play(context: Context, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Run a test's coroutine with everything open."""
    monkeypatch.setattr(hub_module, "REST_SECONDS", 0.0)

    def run(test: Callable[[Stage], Awaitable[None]]) -> None:
        async def work() -> None:
            async with _stage(context) as stage:
                await test(stage)

        asyncio.run(work())

    return run


@asynccontextmanager
async def _stage(context: Context) -> AsyncIterator[Stage]:
    hub, stop = Hub(context.database), asyncio.Event()
    server = StreamServer("127.0.0.1:0", Gate(context, hub).receive, behind_proxy=False, beat_seconds=0.2)
    async with AsyncExitStack() as held:
        await server.start()
        held.push_async_callback(server.close)
        running = asyncio.create_task(hub.run(stop))

        async def end() -> None:
            stop.set()
            await running

        held.push_async_callback(end)
        session = await held.enter_async_context(aiohttp.ClientSession())
        stage = Stage(server.port, hub, session)
        held.push_async_callback(stage.close)
        yield stage
