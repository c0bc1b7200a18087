# SPDX-License-Identifier: AGPL-3.0-or-later
"""The manager's end of sd_notify(3): datagrams whose sender the kernel vouches for (SCM_CREDENTIALS, unix(7))."""

import contextlib
import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

_CREDENTIALS = struct.Struct("3i")
_LONGEST = 4096


@dataclass(frozen=True)
class Message:
    """`session` is the sender's session: the service it belongs to, since each is started as leader of its own."""

    session: int
    fields: dict[str, str]


class NotifySocket:
    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(os.fspath(path))
        # Any user may send; whom we listen to is decided by who sent it.
        path.chmod(0o666)

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> list[Message]:
        """Everything that waits; what has no known living sender is dropped."""
        messages = []
        with contextlib.suppress(BlockingIOError):
            while True:
                space = socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(64)
                data, ancillary, _, _ = self._socket.recvmsg(_LONGEST, space)
                message = _understand(data, ancillary)
                if message is not None:
                    messages.append(message)
        return messages

    def close(self) -> None:
        self._socket.close()
        self.path.unlink(missing_ok=True)


def _understand(data: bytes, ancillary: list[tuple[int, int, bytes]]) -> Message | None:
    session = None
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            session = _session(_CREDENTIALS.unpack(content[: _CREDENTIALS.size])[0])
        elif level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            for descriptor in memoryview(content[: len(content) // 4 * 4]).cast("i"):
                os.close(descriptor)
    if session is None:
        return None
    pairs = (line.partition("=") for line in data.decode(errors="replace").splitlines())
    return Message(session, {key: value for key, _, value in pairs})


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None
