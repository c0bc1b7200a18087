# SPDX-License-Identifier: AGPL-3.0-or-later
"""The companion as a process: it waits for its database, says when it is ready, answers, and stops when told."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.config import Config
from appliance.system.commands import CommandClient
from tests.fediverse.databases import make

START = (
    "from appliance.config import from_environment; from appliance.fediverse.companion.main import serve; "
    "serve(from_environment())"
)


class Companion:
    def __init__(self, state: Path, runtime: Path, **more: str) -> None:
        self.config = Config(state=state, runtime=runtime)
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(str(runtime / "notify"))
        self.manager.settimeout(30)
        self.process = subprocess.Popen(
            [sys.executable, "-c", START],
            env={
                "PATH": os.environ["PATH"],
                "HEARTH_STATE": str(state),
                "HEARTH_RUNTIME": str(runtime),
                "HEARTH_VIRTUAL": "1",
                "NOTIFY_SOCKET": str(runtime / "notify"),
                "WATCHDOG_USEC": "200000",
                **more,
            },
            stderr=subprocess.PIPE,
            text=True,
        )

    def hears(self, wanted: str) -> None:
        """Wait until it tells its service manager this."""
        while wanted not in self.manager.recv(4096).decode():
            pass

    def stop(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=20)
        return self.process.returncode, log


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "fediverse").mkdir()
    return tmp_path


@pytest.fixture
def runtime() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # paths of sockets must be short
        (Path(folder) / "fediverse").mkdir()
        yield Path(folder)


@pytest.fixture
def companion(state: Path, runtime: Path) -> Iterator[Companion]:
    made = Companion(
        state, runtime, HEARTH_DEVELOPMENT_ORIGIN="http://127.0.0.1:10199", HEARTH_STREAMING_BIND="127.0.0.1:0"
    )
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.communicate()
    made.manager.close()


def test_its_life(companion: Companion, state: Path, runtime: Path) -> None:
    companion.hears("WATCHDOG=1")
    companion.hears("WATCHDOG=1")  # it lives, and waits for its database
    assert not (runtime / "fediverse" / "admin.sock").exists()
    assert not (state / "fediverse" / "database.sqlite").exists()
    make(f"sqlite:///{state / 'fediverse' / 'database.sqlite'}", state / "fediverse")
    companion.hears("READY=1")
    facts: Any = CommandClient(companion.config.admin_socket, name="the instance").ask("facts")
    assert (facts["federating"], facts["deliveries"]) == (True, 0)
    assert companion.config.nudge_socket.stat().st_mode & 0o777 == 0o600
    code, log = companion.stop()
    assert code == 0, log
    assert "Traceback" not in log
    assert not companion.config.admin_socket.exists()


def test_it_can_be_stopped_while_it_waits(companion: Companion) -> None:
    companion.hears("WATCHDOG=1")
    code, log = companion.stop()
    assert code == 0, log
