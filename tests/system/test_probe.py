# SPDX-License-Identifier: AGPL-3.0-or-later
"""Knocking at machines that answer well, badly, for ever or not at all: all of them on loopback."""

import asyncio
import contextlib
import datetime
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from appliance.internet.model import Answered
from appliance.system.guard import is_loopback
from appliance.system.probe import MAX_ANSWER, Knock, Manner, SystemProber

PROOF = "the proof"
HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"
WELL = HEAD + PROOF.encode()
Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answering(answer: bytes, *, asked: list[bytes] | None = None) -> Handle:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            question = await reader.readuntil(b"\r\n\r\n")
            if asked is not None:
                asked.append(question)
            writer.write(answer)
            await writer.drain()

    return handle


@asynccontextmanager
async def listening(handle: Handle, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Whoever still speaks at the end is waited for."""
    speaking: set[asyncio.Task[None]] = set()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        speaking.add(task)
        try:
            await handle(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(speak, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*speaking)


def knock(port: int, manner: Manner = Manner.HTTP, address: str = "127.0.0.1", name: str = "a.example.org") -> Knock:
    return Knock(manner, address, port, name, "/nonce", PROOF)


def prober(seconds: float = 5.0) -> SystemProber:
    return SystemProber(is_loopback, seconds=seconds)


def knocked(handle: Handle, seconds: float = 5.0) -> Answered:
    async def work() -> Answered:
        async with listening(handle) as port:
            return await prober(seconds).knock(knock(port))

    return asyncio.run(work())


def test_who_is_meant_is_asked_by_its_name_and_proves_it() -> None:
    asked: list[bytes] = []
    assert knocked(answering(WELL, asked=asked)) is Answered.REACHED
    assert asked[0].startswith(b"GET /nonce HTTP/1.0\r\nHost: a.example.org\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nthe proof, and more",
        b"HTTP/1.1 200 OK\r\n\r\n/nonce",
        b"HTTP/1.1 404 Not Found\r\n\r\nthe proof",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\nthe proof",
        b"SSH-2.0-x\r\n\r\nthe proof",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\nthe proof",
        HEAD + b"x" * 10_000_000,
    ],
)
def test_anything_else_is_somebody_else(answer: bytes) -> None:
    assert knocked(answering(answer)) is Answered.OTHER


def test_no_more_is_read_of_an_endless_answer_than_is_needed() -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
                sent += 65536

    assert knocked(flood) is Answered.OTHER
    assert sent < 64 * 1024 * 1024  # the kernel's buffers, and not for ever
    assert MAX_ANSWER < 65536


def test_who_takes_for_ever_is_not_waited_for() -> None:
    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"H")
                await writer.drain()
                await asyncio.sleep(0.01)

    assert knocked(dribble, seconds=0.2) is Answered.OTHER


def test_a_closed_door_refuses() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        assert asyncio.run(prober().knock(knock(held.getsockname()[1]))) is Answered.REFUSED


def test_nobody_is_asked_at_an_address_that_is_not_permitted() -> None:
    async def work() -> list[Answered]:
        asked: list[bytes] = []
        async with listening(answering(WELL, asked=asked)) as port:
            found = [await SystemProber().knock(knock(port, manner)) for manner in Manner]
        assert not asked
        return found

    assert asyncio.run(work()) == [Answered.SILENT] * 3


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """A certificate that nobody has reason to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody")])
    now = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "both.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    return context


def test_whatever_certificate_there_is_the_name_is_asked_for(tls: ssl.SSLContext) -> None:
    names: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: names.append(name)  # type: ignore[assignment]

    async def work() -> list[Answered]:
        async with listening(answering(WELL), tls) as port:
            found = [await prober().knock(knock(port, Manner.HTTPS, name=name)) for name in ("a.example.org", "")]
        async with listening(answering(WELL)) as port:
            return [*found, await prober(0.4).knock(knock(port, Manner.HTTPS))]

    assert asyncio.run(work()) == [Answered.REACHED, Answered.REACHED, Answered.OTHER]
    assert names == ["a.example.org", None]


class Quic(asyncio.DatagramProtocol):
    """Negotiates versions as servers do (RFC 9000, section 17.2.1), or as `twist` has it."""

    def __init__(self, twist: Callable[[bytes], bytes]) -> None:
        self.twist = twist
        self.sizes: list[int] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.sizes.append(len(data))
        theirs = data[6 : 6 + data[5]]
        rest = data[6 + data[5] :]
        ours = rest[1 : 1 + rest[0]]
        answer = b"\xc0" + bytes(4) + bytes([len(ours)]) + ours + bytes([len(theirs)]) + theirs + b"\0\0\0\1"
        self.transport.sendto(self.twist(answer), address)


@pytest.mark.parametrize(
    ("twist", "found"),
    [
        (lambda answer: answer, Answered.REACHED),
        (lambda answer: answer[:-4], Answered.SILENT),
        (lambda answer: answer[:10] + b"somebody elses" + answer[24:], Answered.SILENT),
        (lambda answer: b"\x40" + answer[1:], Answered.SILENT),
        (lambda answer: b"", Answered.SILENT),
    ],
)
def test_who_speaks_quic_says_which_versions(twist: Callable[[bytes], bytes], found: Answered) -> None:
    async def work() -> Answered:
        transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Quic(twist), local_addr=("127.0.0.1", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        answered = await prober(5.0 if found is Answered.REACHED else 0.2).knock(knock(port, Manner.QUIC))
        transport.close()
        assert set(server.sizes) == {1200}
        return answered

    assert asyncio.run(work()) is found


def test_a_closed_udp_port_refuses() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    assert asyncio.run(prober().knock(knock(port, Manner.QUIC))) is Answered.REFUSED
