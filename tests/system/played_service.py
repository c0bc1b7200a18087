# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real D-Bus daemon, and somebody on it who plays a service of the system."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from jeepney import Message, MessageType, message_bus
from jeepney.io.blocking import Proxy, open_dbus_connection

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"""

needs_a_bus = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed")


@pytest.fixture
def bus(tmp_path):
    path = tmp_path / "bus"
    (tmp_path / "bus.conf").write_text(CONFIG.format(socket=path))
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={tmp_path / 'bus.conf'}", "--nofork", "--print-address"], stdout=subprocess.PIPE
    )
    assert daemon.stdout
    daemon.stdout.readline()  # it listens now
    yield path
    daemon.terminate()
    daemon.wait(timeout=10)
    daemon.stdout.close()


class PlayedService:
    """Owns `name` on the bus, and calls `answer` with each method call that comes."""

    def __init__(self, bus: Path, name: str, answer: Callable[[Message], None]) -> None:
        self._answer = answer
        self._connection = open_dbus_connection(f"unix:path={bus}")
        self.send = self._connection.send
        Proxy(message_bus, self._connection).RequestName(name)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=10)
        self._connection.close()

    def _serve(self) -> None:
        try:
            while True:
                message = self._connection.receive()
                if message.header.message_type is MessageType.method_call:
                    self._answer(message)
        except OSError:
            return
