# SPDX-License-Identifier: AGPL-3.0-or-later
"""Probe: tries whether a machine answers at an address and is the one it is taken for. In one asyncio loop.

Who answers is a stranger: no more than a few kilobytes are read of it, for a few seconds, and nothing that it says is
followed. An HTTP library would read as many header lines as it is sent.
"""

import asyncio
import contextlib
import os
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from appliance.internet.model import Answered
from appliance.system.guard import is_global

SECONDS = 8.0
MAX_ANSWER = 4096
_SEND_AGAIN = 1.0  # a datagram may be lost
_QUIC_SIZE = 1200  # RFC 9000, section 14.1: less is no beginning of a connection
_STRANGE_VERSION = 0x1A2A3A4A  # RFC 9000, section 15: one that nobody will ever speak
_ID_SIZE = 8


class Manner(Enum):
    """How is knocked."""

    HTTP = "http"
    HTTPS = "https"
    QUIC = "quic"  # who answers speaks QUIC, and need not be who is meant


@dataclass(frozen=True)
class Knock:
    """Ask for `path` under `name` at exactly this address. Who is meant answers 200 and `proof`, and no byte more."""

    manner: Manner
    address: str
    port: int
    name: str
    path: str
    proof: str


class Prober(Protocol):
    async def knock(self, knock: Knock) -> Answered: ...


class SystemProber:
    """Never asks an address that is not `permitted`, whoever wants it to: that one is told to be silent."""

    def __init__(self, permitted: Callable[[str], bool] = is_global, *, seconds: float = SECONDS) -> None:
        self._permitted = permitted
        self._seconds = seconds
        self._tls = _trusting()

    async def knock(self, knock: Knock) -> Answered:
        if not self._permitted(knock.address):
            return Answered.SILENT
        try:
            async with asyncio.timeout(self._seconds):
                return await (self._quic(knock) if knock.manner is Manner.QUIC else self._http(knock))
        except TimeoutError:
            return Answered.SILENT
        except (ConnectionRefusedError, ConnectionResetError):
            return Answered.REFUSED
        except OSError:  # there is no way there
            return Answered.SILENT

    async def _http(self, knock: Knock) -> Answered:
        reader, writer = await asyncio.open_connection(knock.address, knock.port, limit=MAX_ANSWER)
        # From here on somebody is there, and all that is left to find out is who.
        try:
            async with asyncio.timeout(self._seconds / 2):
                if knock.manner is Manner.HTTPS:
                    await writer.start_tls(self._tls, server_hostname=knock.name or knock.address)
                writer.write(_request(knock))
                return Answered.REACHED if await _proves(reader, knock.proof) else Answered.OTHER
        except (ssl.SSLError, ConnectionError, TimeoutError):
            return Answered.OTHER
        finally:
            writer.transport.abort()

    async def _quic(self, knock: Knock) -> Answered:
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        ours, theirs = os.urandom(_ID_SIZE), os.urandom(_ID_SIZE)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Quic(answer, ours=ours, theirs=theirs), remote_addr=(knock.address, knock.port)
        )
        try:
            while not answer.done():
                transport.sendto(_hello(ours, theirs))
                await asyncio.wait([answer], timeout=_SEND_AGAIN)
            return answer.result()
        finally:
            transport.abort()


class VirtualProber:
    """Knocks nowhere: answers by `play`, and remembers what it was asked."""

    def __init__(self, play: Callable[[Knock], Answered] = lambda _: Answered.REACHED) -> None:
        self.play = play
        self.knocks: list[Knock] = []

    async def knock(self, knock: Knock) -> Answered:
        self.knocks.append(knock)
        await asyncio.sleep(0)
        return self.play(knock)


class _Quic(asyncio.DatagramProtocol):
    """Waits for a Version Negotiation packet (RFC 8999, section 6) that belongs to our question."""

    def __init__(self, answer: "asyncio.Future[Answered]", *, ours: bytes, theirs: bytes) -> None:
        self._answer = answer
        # What was the source is now the destination, each with its length.
        self._meant = bytes([_ID_SIZE]) + ours + bytes([_ID_SIZE]) + theirs

    def datagram_received(self, data: bytes, _address: object) -> None:
        versions = len(data) - 5 - len(self._meant)
        negotiates = data[:1] >= b"\x80" and data[1:5] == bytes(4) and data[5:].startswith(self._meant)
        if negotiates and versions >= 4:
            self._settle(Answered.REACHED)

    def error_received(self, error: Exception) -> None:
        if isinstance(error, ConnectionRefusedError):
            self._settle(Answered.REFUSED)

    def _settle(self, answered: Answered) -> None:
        if not self._answer.done():
            self._answer.set_result(answered)


def _hello(ours: bytes, theirs: bytes) -> bytes:
    head = struct.pack(">BIB", 0xC0, _STRANGE_VERSION, _ID_SIZE) + theirs + bytes([_ID_SIZE]) + ours
    return head.ljust(_QUIC_SIZE, b"\0")


def _request(knock: Knock) -> bytes:
    host = knock.name or (f"[{knock.address}]" if ":" in knock.address else knock.address)
    # HTTP/1.0: the end of the answer is the end of the connection, and nothing has to be put together.
    return f"GET {knock.path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("ascii")


async def _proves(reader: asyncio.StreamReader, proof: str) -> bool:
    answer = bytearray()
    while len(answer) <= MAX_ANSWER and (piece := await reader.read(MAX_ANSWER)):
        answer += piece
    head, _, body = bytes(answer).partition(b"\r\n\r\n")
    status = head.partition(b"\r\n")[0].split(b" ")
    return status[0][:7] == b"HTTP/1." and status[1:2] == [b"200"] and body == proof.encode("ascii")


def _trusting() -> ssl.SSLContext:
    """Whatever certificate there is: whether it is the right one is for others to find out."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(ssl.SSLError):
        context.set_alpn_protocols(["http/1.1"])
    return context
