# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much memory visitors and the other side of a tunnel can make us use: one sum for each tunnel, and one for all.

Above its sum nothing more is taken in for that tunnel, from neither side. If what waits is not taken within some
seconds, those for whom most is kept have to go, or, where it waits for the other side of the tunnel, that itself.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from snitun.multiplexer.core import Multiplexer

from appliance.gateway import stream
from appliance.gateway.limits import Bucket
from appliance.system.line import Line

EACH, ALL = 16 * 2**20, 96 * 2**20
STEP = 256 * 1024  # so much may come in before it is weighed again
VISIT = 8 * 1024  # what a visitor takes up besides the bytes
UNSENT = 64 * 1024  # from here on it is waited for a tunnel to take it
MOST_UNSENT = 4 * UNSENT  # which can only be answers to pings
PATIENCE = 3.0
_LOOK_AGAIN = 0.05
log = logging.getLogger(__name__)


class House:
    """All tunnels that end here."""

    def __init__(self, most: int = ALL) -> None:
        self._most = most
        self._loads: Counter[Load] = Counter()

    @contextmanager
    def hold(self, load: "Load") -> Iterator[None]:
        """As long as anybody does."""
        self._loads[load] += 1
        try:
            yield
        finally:
            self._loads[load] -= 1
            if not self._loads[load]:
                del self._loads[load]

    @property
    def excess(self) -> int:
        """By how much all together are too heavy, by what each weighed when it was weighed last."""
        return sum(load.weight for load in self._loads) - self._most

    def weigh(self) -> int:
        """The same, looked at anew."""
        for load in self._loads:
            load.weigh()
        return self.excess

    @property
    def heaviest(self) -> "Load":
        return max(self._loads, key=lambda load: load.weight)


class Load:
    """What waits here for one tunnel. `multiplexer` is set when there is one."""

    def __init__(self, name: str, transport: asyncio.WriteTransport, house: House, most: int = EACH) -> None:
        self.multiplexer: Multiplexer | None = None
        self.weight = 0
        self._name = name
        self._transport = transport
        self._house = house
        self._most = most
        self._since = 0  # it was weighed
        self._visits: set[Visit] = set()
        self._turn = asyncio.Lock()

    def add(self, count: int) -> None:
        self._since += count

    async def room(self, count: int) -> None:
        """Before so much more is taken in: wait until there is room."""
        self._since += count
        if self._since < STEP and not self._turn.locked():
            return
        async with self._turn:
            if self._since >= STEP:
                self._since = 0
                await self._make_room()

    def weigh(self) -> "Counter[Visit]":
        """What is kept for each visitor, also when the other side ended it; `weight` is that and what the other side of
        the tunnel is to take."""
        found = Counter({visit: stream.kept(visit.channel) + visit.hand + VISIT for visit in self._visits})
        channels = (visit.channel for visit in self._visits)
        rest = stream.waiting(self.multiplexer, channels) if self.multiplexer is not None else 0
        self.weight = found.total() + rest
        return found

    def relieve(self, excess: int) -> None:
        """Cut those off for whom most is kept, until so much will be gone and some more; where the larger part waits
        for the other side of the tunnel, that."""
        found = self.weigh()
        if 2 * found.total() < self.weight:
            self.give_up()
            return
        gone = count = 0
        for visit, weight in found.most_common():
            if gone >= excess + self._most // 4:
                break
            visit.cut()
            gone, count = gone + weight, count + 1
        log.warning("%s: %d visitors who took nothing of %d bytes were cut off", self._name, count, gone)

    def give_up(self) -> None:
        log.warning("%s: it takes nothing of %d bytes, and is cut off", self._name, self.weight)
        self.end()

    def end(self) -> None:
        """At once: SniTun alone would wait until the other side has taken all."""
        if self.multiplexer is not None:
            self.multiplexer.shutdown()
        self._transport.abort()

    @contextmanager
    def visit(self, channel: stream.Channel, bucket: Bucket | None = None) -> Iterator["Visit"]:
        """It can last longer than the tunnel, and what waits for it counts as long."""
        visit = Visit(self, channel, bucket)
        self._visits.add(visit)
        try:
            with self._house.hold(self):
                yield visit
        finally:
            self._visits.discard(visit)
            channel._input._queue.clear()

    async def _make_room(self) -> None:
        for last_means in (self._relieve, self._give_up):
            try:
                async with asyncio.timeout(PATIENCE):
                    while not self._fits():
                        await asyncio.sleep(_LOOK_AGAIN)
                    return
            except TimeoutError:
                last_means()

    def _fits(self) -> bool:
        self.weigh()
        # Others' weights may be old ones: only if that matters all are weighed.
        return self.weight <= self._most and (self._house.excess <= 0 or self._house.weigh() <= 0)

    def _relieve(self) -> None:
        if self.weight > self._most:
            self.relieve(self.weight - self._most)
        else:
            self._house.heaviest.relieve(self._house.excess)

    def _give_up(self) -> None:
        (self if self.weight > self._most else self._house.heaviest).give_up()


class Visit:
    """A visitor's share; a Meter. `line` is the visitor's, when there is one."""

    def __init__(self, load: Load, channel: stream.Channel, bucket: Bucket | None) -> None:
        self.channel = channel
        self.line: Line | None = None
        self.hand = 0
        self.room = load.room
        self._bucket = bucket
        self._task = asyncio.current_task()

    def cut(self) -> None:
        if self.line is not None:
            self.line.cut()
        if self._task is not None:
            self._task.cancel()

    async def passed(self, count: int) -> None:
        if self._bucket is not None:
            await self._bucket.take(count)


class WeighedReader:
    """A reader as SniTun uses one, of a tunnel: it reads no message while there is no room."""

    def __init__(self, reader: asyncio.StreamReader, load: Load) -> None:
        self._reader = reader
        self._load = load

    async def readexactly(self, size: int) -> bytes:
        # Between a message's header and the rest SniTun sends nothing, so that is no time to wait.
        multiplexer = self._load.multiplexer
        if multiplexer is not None and stream.reads_on(multiplexer):
            self._load.add(size)
        else:
            await self._load.room(stream.OBJECTS)
        return await self._reader.readexactly(size)


class GuardedWriter:
    """A writer as SniTun uses one, of a tunnel: SniTun answers pings whether or not the answers are taken."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.transport = writer.transport
        self.transport.set_write_buffer_limits(UNSENT)

    def write(self, data: bytes) -> None:
        if self.transport.get_write_buffer_size() > MOST_UNSENT:
            self.transport.abort()
            raise RuntimeError("The other side takes nothing")
        self._writer.write(data)

    async def drain(self) -> None:
        await self._writer.drain()

    def write_eof(self) -> None:
        self._writer.write_eof()

    def close(self) -> None:
        self._writer.close()

    def get_extra_info(self, name: str) -> Any:
        return self._writer.get_extra_info(name)
