# SPDX-License-Identifier: AGPL-3.0-or-later
"""A gateway, boxes with real tunnels and real web servers behind them, and visitors, all on the loopback interface."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appliance.gateway.client import Tunnel
from appliance.gateway.invitation import Invitation
from appliance.gateway.limits import Limits
from appliance.gateway.members import Members, Setup, set_up
from appliance.gateway.server import Gateway
from appliance.secret import Secret
from appliance.system.clock import SystemClock
from appliance.system.files import SystemFiles
from appliance.system.line import Line, call
from appliance.system.tunnel import TunnelState, parse

HOST = "localhost"  # the gateway's own name: it leads to 127.0.0.1 everywhere
SECONDS = 20.0
ALICE, BOB = "alice.localhost", "bob.localhost"


class Played:
    def __init__(self, folder: Path, limits: Limits = Limits()) -> None:  # noqa: B008 - it is frozen
        self.folder = folder
        self.authority = Authority(folder)
        self.members = self._members(limits)
        self.gateway: Gateway | None = None
        self.tap = Tap()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Played":
        await self.open()
        await self.tap.open(lambda: self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.tap.close()
        if self.gateway is not None:
            await self.gateway.close()

    async def open(self, port: int = 0) -> None:
        self.members = Members(self.folder / "gateway", SystemFiles(), SystemClock())
        object.__setattr__(self.members.setup, "https_port", port)
        self.gateway = Gateway(self.members, self.folder / "gateway.sock")
        await self.gateway.start()
        self.port = self.gateway.https.port

    async def shut(self) -> None:
        assert self.gateway is not None
        await self.gateway.close()
        self.gateway = None

    def invite(self, name: str, *, replace: bool = False) -> Invitation:
        """As it is handed out, but leading past the tap."""
        made = self.members.invite(name, replace=replace)
        return Invitation(made.gateway, self.tap.port, made.name, made.fingerprint, made.code)

    def box(self, invited: Invitation, port: int, token: str = "a") -> "Box":
        box = Box(lambda: self.gateway is not None and self.gateway._admission.is_there(invited.name))
        tunnel = Tunnel(invited, Secret(token * 64), lambda told: box.connect(told, port), box.hear)
        box.task = asyncio.create_task(tunnel.run())
        self._tasks.append(box.task)
        return box

    async def visit(self, name: str, said: str, port: int | None = None) -> str:
        """By TLS, trusting our authority alone."""
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port or self.tap.port, ssl=self.authority.client(), server_hostname=name
            )
            writer.write(said.encode() + b"\n")
            answer = await reader.readline()
            await hang_up(writer)
        return answer.decode().strip()

    def _members(self, limits: Limits) -> Members:
        setup = Setup(HOST, address="127.0.0.1", https_port=0, http_port=0, limits=limits)
        set_up(self.folder / "gateway", setup, SystemFiles(), SystemClock())
        return Members(self.folder / "gateway", SystemFiles(), SystemClock())


class Box:
    """One end of a tunnel. `visitors` are the addresses that the gateway told."""

    def __init__(self, is_there: Callable[[], bool]) -> None:
        self._is_there = is_there
        self.task: asyncio.Task[None]
        self.heard: list[TunnelState] = []
        self.visitors: list[str] = []
        self._news = asyncio.Condition()
        self._telling: set[asyncio.Task[None]] = set()

    def hear(self, status: str) -> None:
        self.heard.append(parse(status))
        task = asyncio.create_task(self._notify())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def connect(self, told: str, port: int) -> Line:
        self.visitors.append(told)
        return await call("127.0.0.1", port)

    async def until(self, wanted: Callable[[TunnelState], bool], since: int = 0) -> TunnelState:
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(lambda: any(map(wanted, self.heard[since:])))
        return next(state for state in self.heard[since:] if wanted(state))

    async def connected(self, since: int = 0) -> TunnelState:
        state = await self.until(lambda state: state.connected, since)
        async with asyncio.timeout(SECONDS):
            # The gateway has yet to look at the last thing that the box said.
            while not self._is_there():
                await asyncio.sleep(0)
        return state

    async def leave(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()


class Tap:
    """Before the gateway: all that goes through is written down. It can also swallow everything."""

    def __init__(self) -> None:
        self.seen = bytearray()
        self.swallows = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, port: Callable[[], int]) -> None:
        self._behind = port
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        open_ones = [writer]
        ways: list[asyncio.Task[None]] = []
        try:
            behind = await asyncio.open_connection("127.0.0.1", self._behind())
            open_ones.append(behind[1])
            ways += [
                asyncio.create_task(self._pour(reader, behind[1])),
                asyncio.create_task(self._pour(behind[0], writer)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            return
        finally:
            for each in open_ones:
                each.transport.abort()
            for way in ways:
                way.cancel()
            self._tasks.discard(task)
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            self.seen += data
            if not self.swallows:
                writer.write(data)
                await writer.drain()


class Authority:
    """Certificates for names; clients trust it and nobody else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._root = self._sign("root", self._key, ca=True)

    def server(self, name: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = self._folder / f"{name}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        pem.write_bytes(private + self._sign(name, key).public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self._root.public_bytes(serialization.Encoding.PEM).decode())

    def _sign(self, name: str, key: ec.EllipticCurvePrivateKey, *, ca: bool = False) -> x509.Certificate:
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root")])
        # Python 3.13 is strict about what RFC 5280 asks for.
        usage = x509.KeyUsage(
            digital_signature=not ca,
            key_cert_sign=ca,
            crl_sign=ca,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self._key, hashes.SHA256())
        )


@contextlib.asynccontextmanager
async def web_server(authority: Authority, name: str) -> AsyncIterator[int]:
    """Answers each line with it and the name; a line "download N" with N bytes. Its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            while line := await reader.readline():
                word, _, number = line.decode().strip().partition(" ")
                writer.write(b"d" * int(number) if word == "download" else f"{name} heard {line.decode()}".encode())
                await writer.drain()
        writer.close()

    async def serve_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there.add(writer)
        try:
            await serve(reader, writer)
        finally:
            there.discard(writer)

    there: set[asyncio.StreamWriter] = set()
    server = await asyncio.start_server(serve_and_close, "127.0.0.1", 0, ssl=authority.server(name))
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in list(there):
            await hang_up(writer)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """At once; nothing of it is left."""
    writer.transport.abort()
    await asyncio.sleep(0)
