# SPDX-License-Identifier: AGPL-3.0-or-later
"""What of SniTun carries visitors through a connection that is there already; the same at both ends.

SniTun's own client opens its connections itself, to the gateway without TLS and to the web server in its own name, and
its server reads from visitors what it has no room for; so of SniTun we take what speaks the protocol. 0.40 (for Python
3.11) and 0.42 (Debian trixie) speak the same, and differ in how they are called: here and nowhere else.
"""

import asyncio
import contextlib
import hashlib
import inspect
import ipaddress
from collections.abc import Iterable
from typing import Any, Protocol

import snitun
from snitun.exceptions import MultiplexerTransportClose, MultiplexerTransportError
from snitun.multiplexer.core import Multiplexer
from snitun.multiplexer.crypto import CryptoTransport

from appliance.system.line import Line

CHUNK = 16 * 1024
OBJECTS = 512  # bytes that a message takes up besides its own
# In the middle of it nobody has said a word for so long: longer than a web server waits.
IDLE_SECONDS = 150.0
_VERSION = getattr(snitun, "PROTOCOL_VERSION", None)
_GONE = (MultiplexerTransportClose, MultiplexerTransportError, OSError, RuntimeError)
Channel = Any


async def prove(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: bytes, iv: bytes, seconds: float
) -> CryptoTransport:
    """Show the gateway that we have the key. Raises OSError, EOFError, TimeoutError."""
    crypto = CryptoTransport(key, iv)
    async with asyncio.timeout(seconds):
        challenge = crypto.decrypt(await reader.readexactly(32))
        writer.write(crypto.encrypt(hashlib.sha256(challenge).digest()))
        await writer.drain()
    return crypto


def multiplex(crypto: CryptoTransport, reader: Any, writer: Any, visit: Any) -> Multiplexer:
    """Begin. `visit` is called with the multiplexer and a channel for each visitor who comes this way."""
    version = () if _VERSION is None else (_VERSION,)
    return Multiplexer(crypto, reader, writer, *version, new_connections=visit)


async def open_channel(multiplexer: Multiplexer, address: str) -> tuple[Channel, asyncio.Event]:
    """For a visitor from that address; and whether the other side takes more. Raises MultiplexerTransportError."""
    free = asyncio.Event()
    free.set()
    told = ipaddress.IPv4Address(address)
    if _VERSION is None:
        return await multiplexer.create_channel(told), free
    channel = await multiplexer.create_channel(told, _switch(free))
    _spare(channel)
    return channel, free


def freedom(channel: Channel) -> asyncio.Event:
    """Of a channel that the other side opened: whether it takes more."""
    free = asyncio.Event()
    free.set()
    if _VERSION is not None:
        channel.set_pause_resume_reader_callback(_switch(free))
    _spare(channel)
    return free


def _spare(channel: Channel) -> None:
    """Whoever reads what is left of a channel that the other side closed: 0.42 would ask that for more, has no queue to
    ask by, and raises out of the read, which then has taken a message and gives nothing."""
    ask = getattr(channel._input, "_under_water_callback", None)
    if ask is None:
        return

    def ask_if_possible(*arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):
            ask(*arguments)

    channel._input._under_water_callback = ask_if_possible


async def ping(multiplexer: Multiplexer, seconds: float) -> bool:
    """Whether the other side is still there."""
    try:
        async with asyncio.timeout(seconds):
            await multiplexer.ping()
    except (TimeoutError, MultiplexerTransportError):
        return False
    return True


def reads_on(multiplexer: Multiplexer) -> bool:
    """Whether who reads now is in the middle of a message: a header is read in a task of its own."""
    return asyncio.current_task() is multiplexer._processing_task


async def drop(multiplexer: Multiplexer, channel: Channel) -> None:
    try:
        done = multiplexer.delete_channel(channel)
        if inspect.isawaitable(done):
            await done
    except (MultiplexerTransportError, RuntimeError):
        return


def waiting(multiplexer: Multiplexer, known: Iterable[Channel]) -> int:
    """How many bytes wait here for the other side of the tunnel, those of closed channels as well; and for visitors by
    other channels than those known."""
    ours = set(map(id, known))
    strange = [channel for channel in multiplexer._channels.values() if id(channel) not in ours]
    queue = multiplexer._queue
    alone = isinstance(queue, asyncio.Queue)  # 0.40 has one for all channels
    theirs = [queue._queue] if alone else [each.queue for each in queue._channels.values()]
    return sum(map(_weight, theirs)) + sum(map(kept, strange))


def kept(channel: Channel) -> int:
    """How many bytes of it wait here to be read, which they do when it is closed as well."""
    return _weight(channel._input._queue)


def _weight(messages: Iterable[Any]) -> int:
    return sum(OBJECTS + len(message.data) for message in messages if message is not None)


class Meter(Protocol):
    """`hand` is what was taken from the channel and is not with the visitor yet."""

    hand: int

    async def room(self, count: int) -> None:
        """Until so much more may be taken in here."""
        ...

    async def passed(self, count: int) -> None:
        """So much went through, which may have to be slowed down."""
        ...


async def carry(multiplexer: Multiplexer, channel: Channel, free: asyncio.Event, line: Line, meter: Meter) -> None:
    """Until one of the two ends it, or nobody says anything. The line is the caller's to close."""
    clock = asyncio.get_running_loop().time
    last = clock()

    async def up() -> None:
        nonlocal last
        while True:
            await free.wait()
            await meter.room(CHUNK)
            data = await line.read(CHUNK)
            if not data:
                return
            last = clock()
            await meter.passed(len(data))
            await channel.write(data)

    async def down() -> None:
        nonlocal last
        while True:
            data = await channel.read()
            meter.hand = len(data)
            await meter.passed(len(data))
            await line.write(data)
            meter.hand = 0
            last = clock()

    ways = [asyncio.create_task(_quietly(up)), asyncio.create_task(_quietly(down))]
    try:
        while (left := last + IDLE_SECONDS - clock()) > 0:
            done, _ = await asyncio.wait(ways, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if done:
                break
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        await drop(multiplexer, channel)


async def _quietly(way: Any) -> None:
    try:
        await way()
    except _GONE:
        return


def _switch(free: asyncio.Event) -> Any:
    return lambda pause: free.clear() if pause else free.set()
