# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much and how many: what one member, one address and all together may take up."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from appliance.system.clock import Clock


@dataclass(frozen=True)
class Limits:
    """`megabits` per second and member, both ways together. `connections` are so many that have not said yet whom they
    want, and as many to members. Addresses stand for whole households and for carriers' networks, so `per_address` is
    generous. What is handed on to this machine's own web server takes no place from members, nor they from it."""

    members: int = 10
    megabits: int = 20
    connections: int = 2000
    per_member: int = 400
    per_address: int = 100
    passed: int = 3000
    passed_per_address: int = 200
    tunnels: int = 8  # of one member: those that went silently are there for a while


class Places:
    """Counts who is there, by a name; who finds no place is turned away."""

    def __init__(self, most: int, each: int) -> None:
        self._most = most
        self._each = each
        self._taken: Counter[str | None] = Counter()

    @contextmanager
    def take(self, name: str | None) -> Iterator[bool]:
        """Whether there is a place; it is given back at the end. Without a name only all together are limited."""
        if self._taken.total() >= self._most or (name is not None and self._taken[name] >= self._each):
            yield False
            return
        self._taken[name] += 1
        try:
            yield True
        finally:
            self._taken[name] -= 1
            if not self._taken[name]:
                del self._taken[name]

    def taken(self, name: str) -> int:
        return self._taken[name]


class Doorstep:
    """Room for so many who have not said yet who they are. Where there is none left, who stands there longest has to
    go: so nobody blocks the way by standing in it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._standing: dict[asyncio.Task[object], None] = {}

    @contextmanager
    def stand(self) -> Iterator[None]:
        """Within a task, which is cancelled if it has to go."""
        task = asyncio.current_task()
        assert task is not None
        while len(self._standing) >= self._most:
            longest = next(iter(self._standing))
            del self._standing[longest]
            longest.cancel()
        self._standing[task] = None
        try:
            yield
        finally:
            self._standing.pop(task, None)


class Bucket:
    """Bytes per second, with a second's worth in advance. Whoever takes more waits until that is paid off."""

    def __init__(self, bytes_per_second: float, clock: Clock) -> None:
        self._rate = bytes_per_second
        self._clock = clock
        self._level = bytes_per_second
        self._at = clock.monotonic()
        self.total = 0

    def owed(self, count: int) -> float:
        """Take so many; answers the seconds to wait for it."""
        now = self._clock.monotonic()
        self._level = min(self._rate, self._level + (now - self._at) * self._rate) - count
        self._at = now
        self.total += count
        return max(0.0, -self._level / self._rate)

    async def take(self, count: int) -> None:
        seconds = self.owed(count)
        if seconds:
            await asyncio.sleep(seconds)
