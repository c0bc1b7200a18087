# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server as a process: gunicorn, its workers and the socket a service manager listens on."""

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


@pytest.fixture
def port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(30)
        yield listening


@pytest.fixture
def server(tmp_path: Path, port: int, manager: socket.socket) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        "PATH": os.environ["PATH"],
        "HEARTH_STATE": str(tmp_path / "state"),
        "HEARTH_RUNTIME": str(tmp_path / "run"),
        "HEARTH_VIRTUAL": "1",
        "HEARTH_FEDIVERSE_BIND": f"127.0.0.1:{port}",
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "400000",
    }
    process = subprocess.Popen([sys.executable, "-m", "appliance", "service", "fediverse"], env=environment)
    yield process
    process.terminate()
    assert process.wait(20) == 0


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
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    assert len(children) == 2
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    _wait_for(manager, b"WATCHDOG=1")
    assert _get(port, "/api/v1/instance")["registrations"] is False


def _get(port: int, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200
        return json.loads(answer.read())
    finally:
        connection.close()
