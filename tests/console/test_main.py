# SPDX-License-Identifier: AGPL-3.0-or-later
"""The console as a process: on a socket it is handed, telling its manager, and gone when nobody comes."""

import http.client
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.console.main import session_key
from appliance.errors import HearthError
from appliance.system.files import SystemFiles

_START = """
from pathlib import Path
from appliance.config import Config
from appliance.console import main
main.IDLE_SECONDS = {idle}
main.serve(Config(Path({state!r}), Path({state!r}), console_bind="fd://{fd}"))
"""


def start(folder: Path, idle: float) -> tuple[subprocess.Popen[bytes], int, socket.socket]:
    (folder / "console-session-key").write_text("k" * 43)
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(folder / "notify"))
    told.settimeout(20)
    listener = socket.create_server(("127.0.0.1", 0))
    environment = os.environ | {
        "CREDENTIALS_DIRECTORY": str(folder),
        "NOTIFY_SOCKET": str(folder / "notify"),
        "WATCHDOG_USEC": "2000000",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _START.format(idle=idle, state=str(folder), fd=listener.fileno())],
        env=environment,
        pass_fds=[listener.fileno()],
    )
    port = listener.getsockname()[1]
    listener.close()
    return process, port, told


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    status, text = answer.status, answer.read().decode()
    connection.close()
    return status, text


def test_it_serves_tells_and_survives_ten_megabytes(tmp_path):
    process, port, told = start(tmp_path, idle=300)
    try:
        heard = b""
        while b"WATCHDOG=1" not in heard or b"READY=1" not in heard:
            heard += told.recv(4096) + b"\n"
        status, page = ask(port, "GET", "/")
        assert status == 503
        assert "tries again by itself" in page
        assert ask(port, "GET", "/design/hearth.css")[0] == 200
        status, page = ask(port, "POST", "/login", b"csrf=" + b"x" * 10 * 1024**2)
        assert status == 413
        assert "nothing was changed" in page
    finally:
        process.terminate()
        assert process.wait(20) == 0
        told.close()


def test_it_leaves_when_nobody_comes(tmp_path):
    process, _, told = start(tmp_path, idle=0.5)
    try:
        assert process.wait(30) == 0
    finally:
        process.kill()
        told.close()


def test_the_key_must_be_there(tmp_path):
    for content in (None, "", "short"):
        if content is not None:
            (tmp_path / "console-session-key").write_text(content)
        with pytest.raises(HearthError) as caught:
            session_key(SystemFiles(), str(tmp_path))
        assert caught.value.key == "no-session-key"
