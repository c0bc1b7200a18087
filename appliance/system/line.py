# SPDX-License-Identifier: AGPL-3.0-or-later
"""Line: a connection of which this process keeps nothing. What nobody asked for yet stays with the kernel, whose window
lets the other side wait; so many of them take up little memory, whatever is sent to them."""

import asyncio
import contextlib
import socket
import struct

_CHUNK = 16 * 1024
_IP_TRANSPARENT = 19  # ip(7); Python has no name for it
_IP_BIND_ADDRESS_NO_PORT = 24


class Line:
    """`address` is the one of the other side."""

    def __init__(self, connection: socket.socket, address: str) -> None:
        """The socket must not block; it is the line's from now on."""
        self._socket = connection
        self.address = address

    async def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end. Raises OSError."""
        return await asyncio.get_running_loop().sock_recv(self._socket, size)

    async def write(self, data: bytes) -> None:
        """Until the kernel has all of it. Raises OSError."""
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    def cut(self) -> None:
        """At once, with what was not sent yet. Who waits for it is woken up, and has it closed."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """What was written is still sent. Nobody may wait for it any more."""
        self._socket.close()


async def call(host: str, port: int, *, source: str | None = None, seconds: float = 10.0) -> Line:
    """A line to there by IPv4; with `source` in the name of that address, which need not be ours (CAP_NET_RAW, and
    routes that bring the answers back: systemd/box/system/hearth-tunnel-routes.service). Raises OSError, TimeoutError.
    """
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        if source is not None:
            connection.setsockopt(socket.SOL_IP, _IP_TRANSPARENT, 1)
            connection.setsockopt(socket.SOL_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            connection.bind((source, 0))
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(connection, (host, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return Line(connection, host)


async def may_be_others(address: str) -> bool:
    """Whether connections within this machine can be made in the name of others, and the answers find back: tried with
    this address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        try:
            line = await call("127.0.0.1", probe.getsockname()[1], source=address, seconds=1.0)
        except (OSError, TimeoutError):
            return False
        line.close()
    return True


async def pump(one: Line, other: Line) -> None:
    """Both ways until one of them ends; both are closed then."""
    ways = [asyncio.create_task(_pour(one, other)), asyncio.create_task(_pour(other, one))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for line in (one, other):
            line.close()


async def _pour(source: Line, to: Line) -> None:
    while data := await source.read(_CHUNK):
        await to.write(data)
