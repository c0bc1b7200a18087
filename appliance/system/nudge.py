# SPDX-License-Identifier: AGPL-3.0-or-later
"""The nudge: a datagram after a commit, so that the companion looks at once and not at the next tick.

It carries a few letters that say where to look. A lost nudge costs a few seconds and nothing else: what is to be done
lies in the database.
"""

import contextlib
import os
import socket
from pathlib import Path

MAX_BYTES = 16


class Nudge:
    """Sends nudges to `path`. Never blocks and never fails, whether anybody listens or not."""

    def __init__(self, path: Path) -> None:
        self._path = os.fspath(path)

    def send(self, letters: bytes) -> None:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(letters, self._path)


class NudgeListener:
    """Listens on `path` (mode 0600: only our own uid writes to the database). Has `fileno` for an event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._socket.bind(os.fspath(path))
        path.chmod(0o600)

    def fileno(self) -> int:
        return self._socket.fileno()

    def drain(self) -> bytes:
        """Take all that arrived: the letters that came, each once. Does not block."""
        letters: set[int] = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                letters.update(self._socket.recv(MAX_BYTES))
        return bytes(sorted(letters))

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)
