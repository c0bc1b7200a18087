# SPDX-License-Identifier: AGPL-3.0-or-later
"""What strangers try: a connection, a line and its echo, from any host of the lab."""

import contextlib
import http.client
import select
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
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
    return asked_by_https(whence, address, name, root, "GET", path, b"", {}, port=port, seconds=seconds)


def asked_by_https(
    whence: Namespace,
    address: str,
    name: str,
    root: Path | None,
    method: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    port: int = 443,
    seconds: float = 30,
) -> tuple[int, str]:
    """The same, for any request."""
    with contextlib.ExitStack() as stack:
        with whence.inside():
            line: socket.socket = stack.enter_context(socket.create_connection((address, port), seconds))
        if root is not None:
            line = ssl.create_default_context(cafile=str(root)).wrap_socket(line, server_hostname=name)
            stack.enter_context(line)
        connection = http.client.HTTPConnection(name, timeout=seconds)
        connection.sock = line
        stack.callback(connection.close)
        connection.request(method, path, body or None, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read(1_000_000).decode(errors="replace")


def knock(whence: Namespace, address: str, port: int, host: str, path: str, sni: str | None = None) -> int | None:
    """The status of whatever answers a request that is made up freely; by TLS, certificate unseen, where `sni` is not
    None ("": with none). None where nobody answers."""
    try:
        with whence.inside():
            line: socket.socket = socket.create_connection((address, port), 5)
        with contextlib.ExitStack() as stack:
            stack.enter_context(line)
            if sni is not None:
                line = ssl._create_unverified_context().wrap_socket(line, server_hostname=sni or None)
                stack.enter_context(line)
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = stack.enter_context(http.client.HTTPResponse(line))
            answer.begin()
            return answer.status
    except (OSError, http.client.HTTPException):
        return None


def listening(where: Namespace) -> set[int]:
    """All TCP ports at which anything in there waits for connections."""
    lines = where.run(["ss", "-Hltn"]).splitlines()
    return {int(line.split()[3].rpartition(":")[2]) for line in lines}


def open_ports(whence: Namespace, address: str, ports: Iterable[int], seconds: float = 1.0) -> set[int]:
    """Those TCP ports at which somebody accepts connections within so many seconds."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with whence.inside(), contextlib.ExitStack() as stack:
        asked = {port: stack.enter_context(socket.socket(family)) for port in ports}
        waiting = select.poll()
        for port, line in asked.items():
            line.setblocking(False)
            line.connect_ex((address, port))
            waiting.register(line, select.POLLOUT)
        found: set[int] = set()
        names = {line.fileno(): port for port, line in asked.items()}
        end = time.monotonic() + seconds
        while names and (left := end - time.monotonic()) > 0:
            for descriptor, _ in waiting.poll(left * 1000):
                waiting.unregister(descriptor)
                port = names.pop(descriptor)
                if asked[port].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    found.add(port)
        return found
