# SPDX-License-Identifier: AGPL-3.0-or-later
"""The supervisor as a process of its own: readiness, watchdog, refusal of a second one, and a clean end."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from appliance.supervisor import commands
from appliance.supervisor.client import SupervisorClient

REPOSITORY = Path(__file__).parents[2]


def start(folder, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "appliance", "service", "supervisor"],
        cwd=REPOSITORY,
        env={
            "PATH": os.environ["PATH"],
            "HEARTH_STATE": str(folder / "state"),
            "HEARTH_RUNTIME": str(folder / "run"),
            "HEARTH_VIRTUAL": "1",
            **environment,
        },
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def manager(tmp_path):
    """The socket on which a service manager listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(os.fspath(tmp_path / "notify"))
        listening.settimeout(20.0)
        yield listening


@pytest.fixture
def running(tmp_path, manager):
    process = start(tmp_path, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="400000")
    assert b"READY=1" in manager.recv(4096)
    yield process
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.communicate()


def test_it_feeds_the_watchdog_and_ends_cleanly_when_told(running, manager, tmp_path):
    assert [manager.recv(4096) for _ in range(3)] == [b"WATCHDOG=1"] * 3
    running.send_signal(signal.SIGTERM)
    assert running.wait(10.0) == 0
    said = b""
    while b"STOPPING=1" not in said:
        said = manager.recv(4096)
    assert not (tmp_path / "run" / "supervisor" / "command.sock").exists()


def test_a_second_one_on_the_same_state_is_refused_in_one_sentence(running, manager, tmp_path):
    second = start(tmp_path)
    _, complained = second.communicate(timeout=20.0)
    assert second.returncode == 1
    assert "Another Hearth is already running" in complained
    assert "Traceback" not in complained
    # A service manager reads what it is told; a socket that is full would keep the first one waiting.
    manager.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while manager.recv(4096):
            pass
    client = SupervisorClient(tmp_path / "run" / "supervisor" / "command.sock")
    assert client.status().box.name == "hearth"


def test_after_kill_9_the_next_one_starts(running, tmp_path):
    running.kill()
    running.wait(10.0)
    again = start(tmp_path)
    try:
        assert any("watching over the box hearth" in line for line in again.stderr)
    finally:
        again.kill()
        again.communicate()


def test_settings_of_a_newer_hearth_stop_it_with_a_clear_sentence(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "settings.json").write_text(json.dumps({"schema": 999}))
    process = start(tmp_path)
    _, complained = process.communicate(timeout=20.0)
    assert process.returncode == 1
    assert complained.startswith("hearth: The settings were written by a newer Hearth")


def test_a_state_folder_that_can_not_be_made_stops_it_with_a_clear_sentence(tmp_path):
    (tmp_path / "state").write_text("a file")
    process = start(tmp_path)
    _, complained = process.communicate(timeout=20.0)
    assert process.returncode == 1
    assert "could not be written" in complained
    assert "Traceback" not in complained


def test_a_watcher_gets_a_sign_of_life_and_leaves_no_trace(box, monkeypatch):
    monkeypatch.setattr(commands, "KEEP_ALIVE_SECONDS", 0.02)
    stream = box.client.watch()
    assert next(stream) == next(stream) == next(stream)
    stream.close()
    for _ in range(200):
        if not box.supervisor.loop.ask(lambda: len(box.supervisor.core.watchers)):
            return
        box.supervisor.loop.ask(lambda: None)
        threading.Event().wait(0.01)
    pytest.fail("the watcher was not forgotten")
