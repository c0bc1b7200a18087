# SPDX-License-Identifier: AGPL-3.0-or-later
"""Turn: one writer at a time, among the threads of a process and among all processes that name the same file.

SQLite alone lets a writer who finds another one sleep for ever longer, up to a tenth of a second, whether or not the
database is free again: with eight writers most of the time was slept away.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE = 0.0005


class Turn:
    def __init__(self, path: Path) -> None:
        """`path` is a file of the turn's own; it is made when it is not there."""
        self._path = path
        self._thread = threading.Lock()

    @contextmanager
    def take(self, timeout: float) -> Iterator[None]:
        """Wait for the turn, at most `timeout` seconds, and keep it for the block. Raises TimeoutError, OSError."""
        give_up = time.monotonic() + timeout
        if not self._thread.acquire(timeout=timeout):
            raise TimeoutError
        try:
            # Opened anew each time: a lock by flock(2) belongs to the open file, which a fork would share.
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                while not _locked(descriptor):
                    if time.monotonic() > give_up:
                        raise TimeoutError
                    time.sleep(_PAUSE)
                yield
            finally:
                os.close(descriptor)
        finally:
            self._thread.release()


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
