# SPDX-License-Identifier: AGPL-3.0-or-later
"""SniTun's connection as the box has it, on a connection that is there already.

SniTun's own client opens its connections itself, to the gateway without TLS and to the web server in its own name; so
of SniTun we take what speaks the protocol. 0.40 (for Python 3.11) and 0.42 (Debian trixie) speak the same, and differ
in how they are called: here and nowhere else.
"""

import asyncio
import hashlib
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import snitun
from snitun.exceptions import MultiplexerTransportClose, MultiplexerTransportError
from snitun.multiplexer.core import Multiplexer
from snitun.multiplexer.crypto import CryptoTransport

from appliance.system.relay import Streams

_VERSION = getattr(snitun, "PROTOCOL_VERSION", None)
_CHUNK = 16 * 1024
CLOSE_SECONDS = 1.0
Channel = Any
Answer = Callable[[str], Awaitable[Streams]]


async def begin(streams: Streams, key: bytes, iv: bytes, answer: Answer, *, most: int, seconds: float) -> "Stream":
    """Prove that we have the key. `answer` opens what is behind us for a visitor from that address; at most `most`
    visitors at once. Raises OSError, EOFError, TimeoutError."""
    reader, writer = streams
    crypto = CryptoTransport(key, iv)
    async with asyncio.timeout(seconds):
        challenge = crypto.decrypt(await reader.readexactly(32))
        writer.write(crypto.encrypt(hashlib.sha256(challenge).digest()))
        await writer.drain()
    return Stream(crypto, streams, answer, most)


class Stream:
    def __init__(self, crypto: CryptoTransport, streams: Streams, answer: Answer, most: int) -> None:
        self._answer = answer
        self._most = most
        self._transport = streams[1].transport
        self.visitors = 0
        version = () if _VERSION is None else (_VERSION,)
        self._multiplexer = Multiplexer(crypto, *streams, *version, new_connections=self._visit)

    @property
    def connected(self) -> bool:
        return bool(self._multiplexer.is_connected)

    async def wait(self) -> None:
        """Until it ends."""
        await self._multiplexer.wait()

    async def ping(self, seconds: float) -> bool:
        """Whether the gateway is still there."""
        try:
            async with asyncio.timeout(seconds):
                await self._multiplexer.ping()
        except (TimeoutError, MultiplexerTransportError):
            return False
        return True

    async def close(self) -> None:
        """With all that goes through it."""
        self._multiplexer.shutdown()
        await asyncio.wait([asyncio.ensure_future(self._multiplexer.wait())], timeout=CLOSE_SECONDS)
        self._transport.abort()

    async def _visit(self, multiplexer: Multiplexer, channel: Channel) -> None:
        if self.visitors >= self._most:
            await _drop(multiplexer, channel)
            return
        self.visitors += 1
        try:
            await self._carry(multiplexer, channel)
        finally:
            self.visitors -= 1

    async def _carry(self, multiplexer: Multiplexer, channel: Channel) -> None:
        free = asyncio.Event()
        free.set()
        if hasattr(channel, "set_pause_resume_reader_callback"):
            channel.set_pause_resume_reader_callback(lambda pause: free.clear() if pause else free.set())
        try:
            reader, writer = await self._answer(str(channel.ip_address))
        except (OSError, TimeoutError):
            await _drop(multiplexer, channel)
            return
        ways = [
            asyncio.create_task(_up(channel, writer)),
            asyncio.create_task(_down(reader, channel, free)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            writer.close()
            await _drop(multiplexer, channel)


async def _up(channel: Channel, writer: asyncio.StreamWriter) -> None:
    """From the visitor."""
    try:
        while True:
            writer.write(await channel.read())
            await writer.drain()
    except (MultiplexerTransportClose, MultiplexerTransportError, OSError):
        return


async def _down(reader: asyncio.StreamReader, channel: Channel, free: asyncio.Event) -> None:
    """To the visitor."""
    try:
        while data := await reader.read(_CHUNK):
            await free.wait()
            await channel.write(data)
    except (MultiplexerTransportClose, MultiplexerTransportError, OSError, RuntimeError):
        return


async def _drop(multiplexer: Multiplexer, channel: Channel) -> None:
    try:
        done = multiplexer.delete_channel(channel)
        if inspect.isawaitable(done):
            await done
    except (MultiplexerTransportError, RuntimeError):
        return
