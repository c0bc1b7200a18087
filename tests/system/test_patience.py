# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server of two threads, and clients who take their time."""

import contextlib
import http.client
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from subprocess import PIPE, Popen

import pytest

from appliance.system import patience

_SERVER = """
import os, sys
from gunicorn.app.base import BaseApplication
from appliance.system import patience
from appliance.system.guests import Guests

patience.HEAD_SECONDS = patience.BODY_SECONDS = 0.5

def app(environ, start):
    if environ["PATH_INFO"] == "/upload":
        patience.wait(environ, 30)
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/who":
        start("200 OK", [("Content-Length", str(len(str(os.getpid()))))])
        return [str(os.getpid()).encode()]
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % len(body)]

class Server(BaseApplication):
    guests = Guests()
    def load_config(self):
        for name, value in {
            "bind": "127.0.0.1:0", "threads": 2, "workers": int(sys.argv[1]), "loglevel": "error",
            "worker_class": patience.PatientWorker,
            "control_socket_disable": True, "keepalive": 20, "post_worker_init": ready,
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)
    def load(self):
        return app

def ready(worker):
    print(worker.sockets[0].getsockname()[1], flush=True)

Server().run()
"""


@contextlib.contextmanager
def _served(workers: int) -> Iterator[int]:
    process = Popen([sys.executable, "-c", _SERVER, str(workers)], stdout=PIPE)
    assert process.stdout is not None
    try:
        ports = {int(process.stdout.readline()) for _ in range(workers)}
        yield ports.pop()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.fixture
def port() -> Iterator[int]:
    with _served(1) as port:
        yield port


@pytest.mark.parametrize(
    "begun",
    [b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx"],
    ids=["head", "body"],
)
def test_those_who_never_finish_what_they_send_keep_nobody_out(port: int, begun: bytes) -> None:
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
    for each in slow:
        each.sendall(begun)
    assert _post(port, b"hello") == b"5"
    for each in slow:
        each.close()


def test_an_upload_may_take_longer(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        slow.sendall(b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na")
        for letter in (b"b", b"c"):
            time.sleep(1)
            slow.sendall(letter)
        assert slow.recv(4096).startswith(b"HTTP/1.1 200")


def test_visitors_who_stay_are_shared_between_the_workers() -> None:
    with _served(2) as port:
        visitors = [http.client.HTTPConnection("127.0.0.1", port, timeout=20) for _ in range(12)]
        for each in visitors:
            each.request("GET", "/who")
        had = Counter(each.getresponse().read() for each in visitors)
        for each in visitors:
            each.close()
    assert min(had.values()) >= 5, had


def test_without_our_worker_nobody_waits() -> None:
    patience.wait({}, 30)


def _post(port: int, body: bytes) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/", body)
    answer = connection.getresponse().read()
    connection.close()
    return answer


def test_memory_is_given_back_once_when_nobody_asks_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(patience.heap, "give_back", lambda: given.append("back"))
    monkeypatch.setattr(patience.ThreadWorker, "notify", lambda self: None)
    monkeypatch.setattr(patience, "_LOOK_SECONDS", 0.0)
    worker = object.__new__(patience.PatientWorker)
    worker._deadlines, worker._served_at, worker._looked_at, worker._guests = {}, None, 0.0, None
    worker.notify()
    assert not given, "nothing was served"
    worker._served_at = time.monotonic() - patience.QUIET_SECONDS - 1
    worker._deadlines = {"somebody": time.monotonic() + 60}
    worker.notify()
    assert not given, "somebody is served"
    worker._deadlines = {}
    worker.notify()
    worker.notify()
    assert given == ["back"]


def test_the_master_is_told_now_and_then_and_not_for_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(patience.ThreadWorker, "notify", lambda self: told.append("alive"))
    worker = object.__new__(patience.PatientWorker)
    worker._deadlines, worker._served_at, worker._looked_at, worker._guests = {}, None, 0.0, None
    for _ in range(1000):
        worker.notify()
    assert told == ["alive"]
    worker._looked_at = time.monotonic() - 1
    worker.notify()
    assert told == ["alive"] * 2


def test_giving_memory_back_harms_nothing() -> None:
    patience.heap.give_back()
