# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sockets for what hands connections on: a listener that looks at a connection before it takes anything from it, and
the call to a gateway, which is known by its certificate.
"""

import asyncio
import contextlib
import hashlib
import logging
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable

from appliance.errors import HearthError, Unavailable
from appliance.system.line import Line

BACKLOG = 256
HANDSHAKE_SECONDS = 10.0
# Of a peer that went without a word the kernel tells after this long.
_SILENT_SECONDS = 20
_LINE_BUFFER = 48 * 1024  # of which the kernel makes the double
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
log = logging.getLogger(__name__)


class NoHalfClose(asyncio.StreamWriter):
    """TLS knows no end of one direction alone; who asks for it means to close."""

    def write_eof(self) -> None:
        self.close()


class Capped(asyncio.StreamReader):
    """Reads no more than `most` bytes in one piece, whatever length the other side announced."""

    def __init__(self, most: int) -> None:
        super().__init__(limit=64 * 1024)
        self._most = most

    async def readexactly(self, n: int) -> bytes:
        if n > self._most:
            raise asyncio.IncompleteReadError(b"", n)
        return await super().readexactly(n)


class Caller:
    """A connection that was accepted and not read from yet. IPv4 only: SniTun passes on no other addresses."""

    def __init__(self, connection: socket.socket, address: str) -> None:
        self._socket: socket.socket | None = connection
        self._writer: asyncio.StreamWriter | None = None
        self._line: Line | None = None
        self.address = address

    async def peek(self, size: int) -> bytes:
        """The first `size` bytes, which stay to be read; fewer when there will be no more."""
        assert self._socket is not None
        # The kernel wakes us only when so much is there, so a slow sender costs nothing while we wait.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(self._socket, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(self._socket)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        return self._socket.recv(size, socket.MSG_PEEK)

    async def open(self, *, tls: ssl.SSLContext | None = None, most: int = 1024 * 1024) -> Streams:
        """Begin to read and write; with `tls` as a server of it. Raises OSError, TimeoutError."""
        assert self._socket is not None
        connection, self._socket = self._socket, None
        reader = Capped(most)
        protocol = asyncio.StreamReaderProtocol(reader)
        loop = asyncio.get_running_loop()
        seconds = {f"ssl_{what}_timeout": HANDSHAKE_SECONDS for what in ("handshake", "shutdown")} if tls else {}
        try:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=tls, **seconds)
        except BaseException:
            connection.close()
            raise
        self._writer = (NoHalfClose if tls else asyncio.StreamWriter)(transport, protocol, reader, loop)
        return reader, self._writer

    def line(self) -> Line:
        """To read and write without any buffer of ours, and little of the kernel's."""
        assert self._socket is not None
        connection, self._socket = self._socket, None
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            connection.setsockopt(socket.SOL_SOCKET, option, _LINE_BUFFER)
        self._line = Line(connection, self.address)
        return self._line

    def hang_up(self, farewell: bytes = b"") -> None:
        """What was written is still sent; the farewell is for one who was never answered."""
        if self._line is not None:
            self._line.close()
        if self._writer is not None:
            self._writer.close()
        if self._socket is None:
            return
        with contextlib.suppress(OSError):
            if farewell:
                self._socket.send(farewell)
            else:
                # At once: who floods leaves no connections behind that wait for their end.
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        self._socket = None

    def abort(self) -> None:
        """At once."""
        if self._line is not None:
            self._line.cut()
        if self._writer is not None:
            self._writer.transport.abort()


class Listener:
    """Hands each connection to `handle`, which may take as long as it likes; what it raises ends that one alone."""

    def __init__(self, address: str, port: int, handle: Callable[[Caller], Awaitable[None]]) -> None:
        """Raises HearthError port-taken."""
        self._handle = handle
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((address, port))
            self._socket.listen(BACKLOG)
        except OSError as error:
            self._socket.close()
            raise HearthError(
                "port-taken",
                f"Port {port} can't be listened on: {error.strerror}.",
                "Stop what uses it, or choose another port.",
                status=500,
            ) from error

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, (address, _) = await loop.sock_accept(self._socket)
            except OSError as error:  # out of descriptors, or it was gone before we looked
                log.warning("a connection could not be accepted: %s", error.strerror)
                await asyncio.sleep(0.1)
                continue
            _watch(connection)
            task = asyncio.create_task(self._serve(Caller(connection, address)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        self._socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, caller: Caller) -> None:
        try:
            await self._handle(caller)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            log.debug("a connection ended: %r", error)
        except asyncio.CancelledError:
            caller.abort()
            raise
        except Exception:
            log.exception("a connection could not be served")
        finally:
            caller.hang_up()


async def dial_pinned(
    host: str, port: int, name: str, fingerprint: bytes, *, most: int, seconds: float, offer: str = ""
) -> Streams:
    """TLS to the server whose certificate has this SHA-256, whoever signed it; `offer` is what to speak (ALPN). Raises
    Unavailable, HearthError gateway-impostor before anything was said."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if offer:
        context.set_alpn_protocols([offer])
    loop = asyncio.get_running_loop()
    reader = Capped(most)
    protocol = asyncio.StreamReaderProtocol(reader)
    try:
        async with asyncio.timeout(seconds):
            transport, _ = await loop.create_connection(
                lambda: protocol, host, port, ssl=context, server_hostname=name, family=socket.AF_INET
            )
    except ssl.SSLError as error:
        raise Unavailable("gateway-silent", f"{host} answers, but not as a gateway.") from error
    except TimeoutError:
        raise Unavailable("gateway-silent", f"{host} does not answer.") from None
    except socket.gaierror as error:
        raise Unavailable("gateway-silent", f"The name {host} could not be found.") from error
    except OSError as error:
        raise Unavailable("gateway-silent", f"{host} can't be reached: {error.strerror or 'no answer'}.") from error
    _watch(transport.get_extra_info("socket"))
    secured = transport.get_extra_info("ssl_object")
    if hashlib.sha256(secured.getpeercert(binary_form=True)).digest() != fingerprint:
        transport.abort()
        raise HearthError(
            "gateway-impostor",
            f"What answers at {host} is not the gateway that invited this box.",
            "Ask whoever runs the gateway whether it was set up anew, and for a new invitation.",
        )
    return reader, NoHalfClose(transport, protocol, reader, loop)


def _watch(connection: socket.socket) -> None:
    """Let the kernel find out about a peer that is silently gone, and send small pieces at once."""
    for level, option, value in (
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _SILENT_SECONDS),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * 2 * _SILENT_SECONDS),
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    ):
        connection.setsockopt(level, option, value)
