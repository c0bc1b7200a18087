# SPDX-License-Identifier: AGPL-3.0-or-later
"""What strangers try: a connection, a line and its echo, from any host of the lab."""

import contextlib
import http.client
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.lab.spaces import Namespace


def reaches(whence: Namespace, address: str, port: int, seconds: float = 3.0) -> bool:
    """Whether somebody accepts a TCP connection there."""
    with whence.inside(), contextlib.suppress(OSError):
        socket.create_connection((address, port), seconds).close()
        return True
    return False


def asks(whence: Namespace, address: str, port: int, seconds: float = 3.0) -> str | None:
    """What a `greeter` there says; None where nobody does."""
    with whence.inside(), contextlib.suppress(OSError), socket.create_connection((address, port), seconds) as line:
        return line.recv(200).decode()
    return None


@contextlib.contextmanager
def greeter(where: Namespace, port: int, word: str = "") -> Iterator[None]:
    """Somebody who says to each visitor `word` and under which address they appear."""

    class Greeting(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            address = self.client_address[0].removeprefix("::ffff:")
            with contextlib.suppress(OSError):
                self.request.sendall(f"{word}{address}".encode())

    class Server(socketserver.ThreadingTCPServer):
        address_family = socket.AF_INET6
        allow_reuse_address = True
        daemon_threads = True

    with where.inside():
        server = Server(("::", port), Greeting)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def fetches(
    whence: Namespace,
    address: str,
    name: str,
    root: Path | None,
    path: str = "/",
    *,
    port: int = 443,
    seconds: float = 10,
) -> tuple[int, str]:
    """Status and body of an answer by HTTPS at an address, the certificate checked for the name; by HTTP where `root`
    is None. Raises OSError, which a wrong certificate is too, and http.client.HTTPException."""
    with whence.inside():
        line = socket.create_connection((address, port), seconds)
    with line:
        connection = http.client.HTTPConnection(name, timeout=seconds)
        connection.sock = line
        if root is not None:
            connection.sock = ssl.create_default_context(cafile=str(root)).wrap_socket(line, server_hostname=name)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read(1_000_000).decode(errors="replace")
        finally:
            connection.close()
