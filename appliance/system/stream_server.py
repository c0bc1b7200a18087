# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server of long connections, WebSocket, server-sent events and large files alike, in one asyncio loop. aiohttp is
heavy: only the companion imports this.

Whoever made it decides per connection whether to listen, and gives texts to send; whoever takes them too slowly, or is
gone, is dropped. What clients send is small and counted by whoever hears it.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aiohttp import WSMsgType, web
from aiohttp.abc import AbstractStreamWriter

from appliance.errors import HearthError

BEAT_SECONDS = 15.0
SEND_SECONDS = 20.0  # the longest that one piece may take
CLOSE_SECONDS = 2.0
MAX_FRAME = 4096  # of what clients send
MAX_FILES = 512  # at once
MAX_FILES_PER_ADDRESS = 64  # a page asks for dozens together; who takes them slowly must not keep all places
FILE_SECONDS = 1800.0  # a film over a slow line
_CHUNK = 64 * 1024
_ANY_SITE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Accept, Cache-Control",
    "Access-Control-Allow-Methods": "GET, OPTIONS",
}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """What a client wants to listen to. Of a parameter that is given twice the last counts."""

    path: str
    query: Mapping[str, str]
    host: str
    scheme: str
    authorization: str
    protocols: tuple[str, ...]  # of the WebSocket
    websocket: bool
    method: str = "GET"
    address: str = ""  # the asker's


@dataclass(frozen=True)
class Refusal:
    """A plain answer in place of a stream."""

    status: int
    body: str
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileAnswer:
    """A file in place of a stream, whole or in parts. Its type is among the headers."""

    path: Path
    headers: Mapping[str, str]


class Ear(Protocol):
    """One who listens."""

    async def next(self) -> str | None:
        """The next text to send, framed as the connection wants it; None: the connection is to end."""
        ...

    async def hear(self, text: str) -> None:
        """What a WebSocket client said."""
        ...

    def left(self) -> None:
        """It is gone."""
        ...


Receive = Callable[[Asked], Awaitable[Ear | Refusal | FileAnswer]]


class StreamServer:
    """Make it inside the loop. With `behind_proxy` scheme and address are those that the proxy vouches for."""

    def __init__(
        self,
        bind: str,
        receive: Receive,
        *,
        behind_proxy: bool,
        beat_seconds: float = BEAT_SECONDS,
        posts: Collection[str] = (),
    ) -> None:
        """`posts` are the paths that take POST."""
        self._bind = bind
        self._posts = {("POST", path) for path in posts}
        self._receive = receive
        self._behind_proxy = behind_proxy
        self._beat = beat_seconds
        self._files: Counter[str] = Counter()  # on their way, by address
        server = web.Server(self._serve, access_log=None, handler_cancellation=True, keepalive_timeout=15)
        self._runner = web.ServerRunner(server, shutdown_timeout=CLOSE_SECONDS)

    async def start(self) -> None:
        """Raises HearthError port-taken."""
        host, _, port = self._bind.rpartition(":")
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host.strip("[]"), int(port)).start()
        except OSError as error:
            raise HearthError("port-taken", f"Streams can't be served on {self._bind}: {error.strerror}.") from error

    @property
    def port(self) -> int:
        """The one it listens on, where 0 was asked for."""
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        await self._runner.cleanup()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "OPTIONS":
            return web.Response(status=204, headers=_ANY_SITE)
        asked = self._asked(request)
        # What is posted has no body that anybody reads: a question is its address alone.
        if request.method not in ("GET", "HEAD") and (request.method, asked.path) not in self._posts:
            return web.Response(status=405, headers={"Allow": "GET, HEAD, OPTIONS"})
        ear = await self._receive(asked)
        if isinstance(ear, Refusal):
            headers = {**_ANY_SITE, **ear.headers}
            return web.Response(status=ear.status, text=ear.body, content_type=ear.content_type, headers=headers)
        if isinstance(ear, FileAnswer):
            if self._files.total() >= MAX_FILES or self._files[asked.address] >= MAX_FILES_PER_ADDRESS:
                return web.Response(status=503, headers={**_ANY_SITE, "Retry-After": "5"})
            return _HandedOver(ear, self._files, asked.address)
        try:
            if asked.websocket:
                return await self._talk(request, asked, ear)
            return await self._tell(request, ear)
        finally:
            ear.left()

    def _address(self, request: web.BaseRequest) -> str:
        passed_on = request.headers.get("X-Forwarded-For", "") if self._behind_proxy else ""
        return passed_on.rpartition(",")[2].strip() or request.remote or ""

    def _asked(self, request: web.BaseRequest) -> Asked:
        headers = request.headers
        scheme = headers.get("X-Forwarded-Proto", "http").rpartition(",")[2].strip() if self._behind_proxy else "http"
        protocols = headers.get("Sec-WebSocket-Protocol", "")
        return Asked(
            path=request.path,
            query={name: request.query.getall(name)[-1] for name in request.query},
            host=headers.get("Host", "localhost"),
            scheme="https" if scheme == "https" else "http",
            authorization=headers.get("Authorization", ""),
            protocols=tuple(each.strip() for each in protocols.split(",") if each.strip()),
            websocket=headers.get("Upgrade", "").lower() == "websocket",
            method=request.method,
            address=self._address(request),
        )

    async def _tell(self, request: web.BaseRequest, ear: Ear) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "private, no-store", **_ANY_SITE}
        )
        await response.prepare(request)
        text: str | None = ":)\n"
        with contextlib.suppress(TimeoutError, ConnectionError):
            while text is not None:
                async with asyncio.timeout(SEND_SECONDS):
                    await response.write(text.encode())
                text = await self._next_or_beat(ear)
            return response
        _abort(request)
        return response

    async def _next_or_beat(self, ear: Ear) -> str | None:
        try:
            async with asyncio.timeout(self._beat):
                return await ear.next()
        except TimeoutError:
            return ":thump\n"

    async def _talk(self, request: web.BaseRequest, asked: Asked, ear: Ear) -> web.StreamResponse:
        # A protocol that was asked for must be answered: browsers can hand over a token in no other way.
        socket = web.WebSocketResponse(
            protocols=asked.protocols[:1],
            timeout=CLOSE_SECONDS,
            heartbeat=self._beat * 2,
            max_msg_size=MAX_FRAME,
            compress=False,
        )
        try:
            await socket.prepare(request)
        except web.HTTPException as error:  # it is no WebSocket after all
            return web.Response(status=error.status, text="Bad Request", headers=_ANY_SITE)
        sending = asyncio.create_task(self._send_all(request, socket, ear))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await ear.hear(message.data)
                else:
                    await socket.close(code=1003)
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
        return socket

    async def _send_all(self, request: web.BaseRequest, socket: web.WebSocketResponse, ear: Ear) -> None:
        with contextlib.suppress(TimeoutError, ConnectionError):
            while (text := await ear.next()) is not None:
                async with asyncio.timeout(SEND_SECONDS):
                    await socket.send_str(text)
            async with asyncio.timeout(CLOSE_SECONDS):
                await socket.close(code=1008)
            return
        _abort(request)


class _HandedOver(web.FileResponse):
    """Is counted while it is sent, and that not longer than FILE_SECONDS. The server sends what it is handed, so nobody
    else may call `prepare`: a second call would send the file twice.
    """

    def __init__(self, file: FileAnswer, files: Counter[str], address: str) -> None:
        super().__init__(file.path, chunk_size=_CHUNK, headers=dict(file.headers))
        self._files = files
        self._address = address

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        self._files[self._address] += 1
        try:
            async with asyncio.timeout(FILE_SECONDS):
                return await super().prepare(request)
        except TimeoutError:
            _abort(request)
            raise ConnectionResetError from None
        finally:
            self._files -= Counter([self._address])  # one that comes to nothing is forgotten


def _abort(request: web.BaseRequest) -> None:
    """At once, without waiting for what is still to be sent."""
    if request.transport is not None:
        request.transport.abort()
