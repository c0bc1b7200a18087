# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server as a process: gunicorn, its workers and the socket a service manager listens on."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.errors import HearthError
from appliance.system.commands import CommandClient
from tests.end_to_end.waiting import eventually


@pytest.fixture
def port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(50)
        yield listening


@pytest.fixture
def server(tmp_path: Path, port: int, manager: socket.socket) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        "PATH": os.environ["PATH"],
        "HEARTH_STATE": str(tmp_path / "state"),
        "HEARTH_RUNTIME": str(tmp_path / "run"),
        "HEARTH_VIRTUAL": "1",
        "HEARTH_FEDIVERSE_BIND": f"127.0.0.1:{port}",
        "HEARTH_STREAMING_BIND": "127.0.0.1:0",
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "2000000",
    }
    (tmp_path / "run" / "fediverse").mkdir(parents=True)
    process = subprocess.Popen([sys.executable, "-m", "appliance", "service", "fediverse"], env=environment)
    yield process
    process.terminate()
    assert process.wait(20) in (0, -signal.SIGKILL)


def _wait_for(manager: socket.socket, word: bytes) -> None:
    while word not in manager.recv(4096):
        pass


def test_it_says_when_it_is_ready_feeds_the_watchdog_and_outlives_its_workers(
    server: "subprocess.Popen[bytes]", port: int, manager: socket.socket, tmp_path: Path
) -> None:
    _wait_for(manager, b"READY=1")
    _wait_for(manager, b"WATCHDOG=1")
    assert _get(port, "/api/v2/instance")["registrations"]["enabled"] is False
    assert (tmp_path / "state" / "fediverse" / "database.sqlite").stat().st_mode & 0o077 == 0
    eventually("two workers and the companion", lambda: len(_children(server)) == 3)
    companion = _companion(server)
    workers = _children(server) - companion
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    _wait_for(manager, b"WATCHDOG=1")
    assert _get(port, "/api/v1/instance")["registrations"] is False
    eventually("two others", lambda: len(_children(server) - workers) == 3)
    assert _companion(server) == companion


def test_the_companion_comes_back_and_takes_nobody_along(
    server: "subprocess.Popen[bytes]", port: int, manager: socket.socket, tmp_path: Path
) -> None:
    _wait_for(manager, b"READY=1")
    client = CommandClient(tmp_path / "run" / "fediverse" / "admin.sock", name="the instance")
    eventually("the admin socket answers", lambda: _answers(client))
    (companion,) = _companion(server)
    workers = _children(server) - {companion}
    os.kill(companion, signal.SIGKILL)
    eventually("another one", lambda: _companion(server) not in (set(), {companion}))
    eventually("the admin socket answers again", lambda: _answers(client))
    assert workers < _children(server)
    assert _get(port, "/api/v1/instance")["registrations"] is False


def test_what_is_forked_goes_with_who_forked_it(tmp_path: Path, server: "subprocess.Popen[bytes]", port: int) -> None:
    eventually(
        "two workers and the companion", lambda: len(_children(server)) == 3 and bool(_companion(server)), seconds=50
    )
    found = _children(server)
    server.kill()
    server.wait(20)
    eventually("all have ended", lambda: not any(Path(f"/proc/{pid}").exists() for pid in found))


def _children(server: "subprocess.Popen[bytes]") -> set[int]:
    return {int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()}


def _companion(server: "subprocess.Popen[bytes]") -> set[int]:
    found = set()
    for pid in _children(server):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text() == "companion\n":
                found.add(pid)
    return found


def _answers(client: CommandClient) -> bool:
    try:
        return bool(client.ask("facts"))
    except HearthError:
        return False


def _get(port: int, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200
        return json.loads(answer.read())
    finally:
        connection.close()
