# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a service writes, line by line with the time beside it, in a file of bounded size."""

import os
from dataclasses import dataclass
from pathlib import Path

from appliance.system.clock import Clock

LARGEST = 1024 * 1024
_LONGEST_LINE = 8192


@dataclass(frozen=True)
class LogLine:
    """`at` is ISO 8601 in UTC."""

    at: str
    service: str
    line: str


class ServiceLog:
    """Appends to `path`; a full file becomes `path`.1 and a new one begins, so at most twice `largest` bytes are kept.

    A line that can't be written (the disk is full) is dropped: a service must never stop because of its log.
    """

    def __init__(self, path: Path, service: str, clock: Clock, *, largest: int = LARGEST) -> None:
        self.path = path
        self._service = service
        self._clock = clock
        self._largest = largest
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Bytes as they come out of a pipe; whole lines are written, the rest waits."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self.note(line.decode(errors="replace"))

    def note(self, line: str) -> None:
        at = self._clock.now().isoformat(timespec="milliseconds")
        record = f"{at} {line[:_LONGEST_LINE]}\n".encode()
        try:
            if self.path.exists() and self.path.stat().st_size + len(record) > self._largest:
                os.replace(self.path, self._older)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                file.write(record)
        except OSError:
            return

    def tail(self, count: int) -> list[LogLine]:
        """The last `count` lines, oldest first."""
        lines = _lines(self.path)
        if len(lines) < count:
            lines = _lines(self._older) + lines
        parted = (line.partition(" ") for line in lines[-count:] if line)
        return [LogLine(at, self._service, text) for at, _, text in parted]

    @property
    def _older(self) -> Path:
        return self.path.with_name(f"{self.path.name}.1")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []
