# SPDX-License-Identifier: AGPL-3.0-or-later
"""Net: requests to other servers, held to limits of size, time and redirects, and kept out of the home by the guard."""

import contextlib
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any, Protocol, TypeVar

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from appliance.system.exchange import (
    Limits,
    Request,
    Response,
    next_hop,
    request_headers,
    too_large,
    too_slow,
    unpack,
)
from appliance.system.guard import Guard, NetError, Target

__all__ = ["Limits", "Net", "NetError", "Request", "Response", "SystemNet", "Trouble", "VirtualNet"]

_CHUNK = 64 * 1024
T = TypeVar("T")


class Net(Protocol):
    def fetch(self, request: Request) -> Response:
        """Ask once, redirects of a GET followed. Any status is an answer. Raises NetError."""
        ...


class SystemNet:
    """Real requests, by urllib3. Safe to share between threads; keeps no connections."""

    def __init__(self, guard: Guard | None = None, *, development: bool = False, tls: ssl.SSLContext | None = None):
        self._guard = guard or Guard(development=development)
        self._tls = tls

    def fetch(self, request: Request) -> Response:
        deadline = time.monotonic() + request.limits.seconds
        hop: Request | None = request
        while hop is not None:
            response = self._once(hop, deadline)
            request, hop = hop, next_hop(hop, response)
        return response

    def _once(self, request: Request, deadline: float) -> Response:
        target = self._guard.target(request.url)
        addresses = _in_time(lambda: self._guard.addresses(target), deadline)
        for address in addresses[:-1]:
            with contextlib.suppress(urllib3.exceptions.NewConnectionError):
                return self._ask(request, target, address, deadline)
        try:
            return self._ask(request, target, addresses[-1], deadline)
        except urllib3.exceptions.NewConnectionError:
            raise NetError("net-failed", f"{target.host} does not answer.") from None

    def _ask(self, request: Request, target: Target, address: str, deadline: float) -> Response:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise too_slow()
        with _Alarm(seconds) as alarm, self._pool(target, address, seconds, alarm) as pool:
            try:
                answer = pool.urlopen(
                    request.method,
                    target.path,
                    body=request.body or None,
                    headers=request_headers(request, target),
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                try:
                    response = _read(answer, request)
                finally:
                    answer.close()
                if alarm.rang:  # what was cut short can look like an end
                    raise too_slow()
                return response
            except urllib3.exceptions.NewConnectionError:
                if alarm.rang:
                    raise too_slow() from None
                raise
            except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                if alarm.rang or isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError):
                    raise too_slow() from None
                raise NetError("net-failed", f"{target.host} could not be asked.") from error

    def _pool(self, target: Target, address: str, seconds: float, alarm: "_Alarm") -> urllib3.HTTPConnectionPool:
        """A pool of one connection, to the address that was judged, by the name that was asked for."""
        common: dict[str, Any] = {"timeout": urllib3.Timeout(total=seconds), "retries": False, "maxsize": 1}
        if not target.https:
            plain = urllib3.HTTPConnectionPool(address, target.port, **common)
            plain.ConnectionCls = _watched(HTTPConnection, alarm)
            return plain
        context = self._tls or ssl.create_default_context()
        secure = urllib3.HTTPSConnectionPool(
            address,
            target.port,
            ssl_context=context,
            server_hostname=target.host,
            assert_hostname=target.host,
            **common,
        )
        secure.ConnectionCls = _watched(HTTPSConnection, alarm)
        return secure


class _Alarm:
    """Cuts a connection when time is up: a server that sends a byte now and then never runs into a read timeout."""

    def __init__(self, seconds: float) -> None:
        self.rang = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        # A second handle, since TLS takes the first one over.
        self._socket = connection.dup()

    def __enter__(self) -> "_Alarm":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()

    def _ring(self) -> None:
        self.rang = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _watched(base: type[Any], alarm: _Alarm) -> type[Any]:
    class Watched(base):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            connection: socket.socket = super()._new_conn()
            alarm.watch(connection)
            return connection

    return Watched


def _read(answer: urllib3.BaseHTTPResponse, request: Request) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    collected = bytearray()
    while piece := answer.read(_CHUNK):
        collected += piece
        if len(collected) > request.limits.size:
            raise too_large()
    body = unpack(bytes(collected), headers.get("content-encoding", ""), request.limits.size)
    return Response(answer.status, headers, body, request.url)


def _in_time(work: Callable[[], T], deadline: float) -> T:
    """The system's resolver knows no deadline, so it is asked in a thread that may be left behind."""
    results: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((work(), None))
        except BaseException as error:
            results.put((None, error))

    threading.Thread(target=run, name="resolve", daemon=True).start()
    try:
        result, error = results.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise too_slow() from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]


class Trouble(Enum):
    """How a virtual server can misbehave."""

    SLOW = "slow"
    DOWN = "down"
    HUGE = "huge"


Answer = Response | Trouble | Callable[[Request], Response]


class VirtualNet:
    """Asks nobody: answers from a table of URLs, remembers what was asked, and obeys the guard as the real one does.

    `hosts` gives names their addresses; names that are not in it are somewhere on the public internet.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer] | None = None,
        *,
        hosts: Mapping[str, list[str]] | None = None,
        development: bool = False,
    ) -> None:
        self.answers = dict(answers or {})
        self.hosts = dict(hosts or {})
        self.asked: list[Request] = []
        self._guard = Guard(development=development, resolve=self._resolve)

    def fetch(self, request: Request) -> Response:
        hop: Request | None = request
        while hop is not None:
            response = self._once(hop)
            request, hop = hop, next_hop(hop, response)
        return response

    def _once(self, request: Request) -> Response:
        target = self._guard.target(request.url)
        self._guard.addresses(target)
        self.asked.append(replace(request, headers=request_headers(request, target)))
        answer = self.answers.get(request.url, Trouble.DOWN)
        if answer is Trouble.DOWN:
            raise NetError("net-failed", f"{target.host} does not answer.")
        if answer is Trouble.SLOW:
            raise too_slow()
        if answer is Trouble.HUGE:
            raise too_large()
        response = answer if isinstance(answer, Response) else answer(self.asked[-1])
        if len(response.body) > request.limits.size:
            raise too_large()
        encoding = response.headers.get("content-encoding", "")
        return replace(response, url=request.url, body=unpack(response.body, encoding, request.limits.size))

    def _resolve(self, host: str, port: int) -> list[str]:
        # An address of the public internet that nothing is ever sent to.
        return self.hosts.get(host, ["127.0.0.1" if host == "localhost" else "9.9.9.9"])
