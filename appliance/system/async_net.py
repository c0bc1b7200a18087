# SPDX-License-Identifier: AGPL-3.0-or-later
"""Net for one asyncio process that asks many servers at once. Only the companion imports this: aiohttp is heavy."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from appliance.system.exchange import Request, Response, next_hop, request_headers, too_large, too_slow, unpack
from appliance.system.guard import Guard, NetError, Target
from appliance.system.net import VirtualNet

MAX_CONNECTIONS = 64
_CHUNK = 64 * 1024
_KEEP_SECONDS = 15.0


class AsyncNet(Protocol):
    async def fetch(self, request: Request) -> Response:
        """As `Net.fetch`. Raises NetError."""
        ...

    async def download(self, request: Request, write: Callable[[bytes], object]) -> Response:
        """As `fetch`, but the body of a good answer goes piece by piece to `write`, and the response has none."""
        ...


class AiohttpNet:
    """Real requests. Make it inside the running loop and close it there."""

    def __init__(self, guard: Guard | None = None, *, development: bool = False, tls: ssl.SSLContext | None = None):
        self._guard = guard or Guard(development=development)
        tls = tls or ssl.create_default_context()
        # What a name may resolve to depends on the scheme, so each has connections of its own.
        self._sessions = {https: _session(self._guard, https, tls) for https in (True, False)}

    async def fetch(self, request: Request) -> Response:
        return await self._follow(request, None)

    async def download(self, request: Request, write: Callable[[bytes], object]) -> Response:
        return await self._follow(request, write)

    async def _follow(self, request: Request, write: Callable[[bytes], object] | None) -> Response:
        try:
            async with asyncio.timeout(request.limits.seconds):
                hop: Request | None = request
                while hop is not None:
                    response = await self._once(hop, write)
                    request, hop = hop, next_hop(hop, response)
                return response
        except TimeoutError:
            raise too_slow() from None

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    async def _once(self, request: Request, write: Callable[[bytes], object] | None) -> Response:
        target = self._guard.target(request.url)
        try:
            async with self._sessions[target.https].request(
                request.method,
                URL(target.url, encoded=True),
                data=request.body or None,
                headers=request_headers(request, target),
                allow_redirects=False,
            ) as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                collected, size = bytearray(), 0
                if not 200 <= answer.status < 300 or headers.get("content-encoding", "identity") != "identity":
                    write = None
                async for piece in answer.content.iter_chunked(_CHUNK):
                    size += len(piece)
                    if size > request.limits.size:
                        raise too_large()
                    if write is None:
                        collected += piece
                    else:
                        await asyncio.to_thread(write, piece)
        except NetError:
            raise
        except TimeoutError:
            raise too_slow() from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error.__cause__, _Refusal):
                raise error.__cause__.error from None
            raise NetError("net-failed", f"{target.host} could not be asked.") from error
        body = unpack(bytes(collected), headers.get("content-encoding", ""), request.limits.size)
        return Response(answer.status, headers, body, request.url)


class AsyncVirtualNet:
    """A VirtualNet for those who await."""

    def __init__(self, net: VirtualNet) -> None:
        self._net = net

    async def fetch(self, request: Request) -> Response:
        await asyncio.sleep(0)
        return self._net.fetch(request)

    async def download(self, request: Request, write: Callable[[bytes], object]) -> Response:
        response = await self.fetch(request)
        if not response.ok:
            return response
        write(response.body)
        return replace(response, body=b"")


class _Refusal(OSError):
    """The guard's verdict in the only form that aiohttp lets pass from a resolver."""

    def __init__(self, error: NetError) -> None:
        super().__init__(error.sentence)
        self.error = error


class _GuardedResolver(AbstractResolver):
    """Resolves and judges in one step; aiohttp then connects to what this returned and to nothing else."""

    def __init__(self, guard: Guard, https: bool) -> None:
        self._guard = guard
        self._https = https

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        target = Target(self._https, host, port, "/")
        try:
            addresses = await asyncio.to_thread(self._guard.addresses, target)
        except NetError as error:
            raise _Refusal(error) from error
        return [_result(host, port, address) for address in addresses]

    async def close(self) -> None:
        """Nothing is kept open."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)


def _session(guard: Guard, https: bool, tls: ssl.SSLContext) -> aiohttp.ClientSession:
    options: dict[str, Any] = {"ssl": tls} if https else {}
    connector = aiohttp.TCPConnector(
        resolver=_GuardedResolver(guard, https),
        use_dns_cache=False,
        limit=MAX_CONNECTIONS,
        keepalive_timeout=_KEEP_SECONDS,
        **options,
    )
    return aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        trust_env=False,
    )
