# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers kept until anybody commits anything: on a small instance most questions are asked again before that.

The database tells whether another connection, of any process, has committed since. Its version is read before the
answer is made, so an answer is never older than it says.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from appliance.fediverse.db.store import Versions
from appliance.system.clock import Clock

MAX_BYTES = 2 * 1024 * 1024
MAX_SECONDS = 60.0
_OVERHEAD = 1024  # of an entry, about: strangers can ask for many answers that are almost empty


@dataclass(frozen=True)
class Answer:
    body: bytes
    headers: tuple[tuple[str, str], ...]
    status: int = 200

    @property
    def size(self) -> int:
        """Bytes that it takes to keep this, about."""
        return _OVERHEAD + len(self.body) + sum(len(name) + len(value) for name, value in self.headers)


class Kept:
    """Safe between threads. Make it, like its Database, for the process that uses it; it connects when first asked."""

    def __init__(self, versions: Versions, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._versions = versions
        self._version: Hashable | None = None
        self._answers: OrderedDict[bytes, tuple[float, Answer]] = OrderedDict()
        self._size = 0

    def get(self, question: Hashable, make: Callable[[], Answer]) -> Answer:
        """The answer to a question (known by its repr), made now unless it is known and nothing was committed since.

        What raises is not kept; what was made longest ago gives way.
        """
        key = _key(question)
        now = self._clock.monotonic()
        version, known = self._find(key, now)
        if known is not None:
            return known
        answer = make()
        with self._lock:
            if version is not None and version == self._version:
                self._keep(key, now, answer)
        return answer

    def look(self, question: Hashable) -> Answer | None:
        """The answer, if it is known and nothing was committed since."""
        return self._find(_key(question), self._clock.monotonic())[1]

    def close(self) -> None:
        with self._lock:
            self._versions.close()

    def _find(self, key: bytes, now: float) -> tuple[Hashable | None, Answer | None]:
        """Together with the version that it is true of."""
        with self._lock:
            version = self._versions.read()
            if version != self._version:
                self._forget(version)
            kept = self._answers.get(key)
        return version, kept[1] if kept is not None and now - kept[0] < MAX_SECONDS else None

    def _keep(self, key: bytes, now: float, answer: Answer) -> None:
        if key in self._answers:
            self._size -= self._answers.pop(key)[1].size
        self._answers[key] = (now, answer)
        self._size += answer.size
        while self._size > MAX_BYTES:
            self._size -= self._answers.popitem(last=False)[1][1].size

    def _forget(self, version: Hashable | None) -> None:
        self._answers.clear()
        self._size = 0
        self._version = version


def _key(question: Hashable) -> bytes:
    return hashlib.sha256(repr(question).encode(errors="backslashreplace")).digest()
