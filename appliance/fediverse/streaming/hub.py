# SPDX-License-Identifier: AGPL-3.0-or-later
"""The hub: knows who listens, reads what is new for all of them at once, and hands it out."""

import asyncio
import logging
from collections import Counter

from appliance.errors import HearthError, Unavailable
from appliance.fediverse.companion.tasks import Turns
from appliance.fediverse.db.database import Database, Tx
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.services import stream_events
from appliance.fediverse.streaming import reading
from appliance.fediverse.streaming.listener import Listener
from appliance.fediverse.streaming.reading import Source, Told

MAX_LISTENERS = 400
MAX_PER_MEMBER = 20
LOOK_SECONDS = 3.0  # while somebody listens: nudges can be lost, and tokens end without one
IDLE_SECONDS = PRUNE_SECONDS = 300.0
REST_SECONDS = 0.1  # between two turns, so that a flood of posts is read in bunches
RESTS = 2.0  # times as long as the turn took: of a flood with many listeners, telling takes a third of a core at most
LONGEST_REST_SECONDS = 2.0
log = logging.getLogger(__name__)


class Hub(Turns):
    topics = frozenset((Topic.NEWS,))

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._listeners: set[Listener] = set()
        self._of_member: Counter[int] = Counter()
        self._mark: int | None = None  # all up to this id was told
        self._pruned_at: float | None = None

    async def join(self, listener: Listener) -> None:
        """From now on it is told what it subscribes to. Raises Unavailable where too many listen already."""
        account_id = listener.viewer.account_id
        if len(self._listeners) >= MAX_LISTENERS or self._of_member[account_id] >= MAX_PER_MEMBER:
            raise Unavailable("too-many-streams", "Too many connections")
        self._listeners.add(listener)
        self._of_member[account_id] += 1
        if self._mark is None:
            newest = await asyncio.to_thread(self._newest)
            self._mark = newest if self._mark is None else self._mark
        self.wake()  # it sleeps for long while nobody listens

    def leave(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)
            self._of_member[listener.viewer.account_id] -= 1
            self._of_member += Counter()  # forgets the zeros

    def wake(self) -> None:
        if self._listeners:  # else nobody wants to know
            super().wake()

    async def turn(self) -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        if self._pruned_at is None or began - self._pruned_at > PRUNE_SECONDS:
            self._pruned_at = began
            await asyncio.to_thread(self._prune)
        if not self._listeners:
            self._mark = None
            return IDLE_SECONDS
        # First up to where, then for whom: who subscribes meanwhile is told of what comes after, and misses nothing.
        last = await asyncio.to_thread(self._newest)
        sources = {
            (listener.viewer, feed)
            for listener in self._listeners
            for feeds in listener.channels.values()
            for feed in feeds
        }
        tokens = {listener.caller.token_id for listener in self._listeners}
        good, told = await asyncio.to_thread(self._read, last, sources, tokens)
        for listener in tuple(self._listeners):
            if listener.caller.token_id in tokens and listener.caller.token_id not in good:
                listener.end()
                continue
            for channel, feeds in tuple(listener.channels.items()):
                for feed in feeds:
                    for event in told.get((listener.viewer, feed), ()):
                        listener.tell(channel, event)
        await asyncio.sleep(max(REST_SECONDS, min(RESTS * (loop.time() - began), LONGEST_REST_SECONDS)))
        return LOOK_SECONDS

    async def finish(self) -> None:
        for listener in self._listeners:
            listener.end()

    def _newest(self) -> int:
        with self._database.read() as tx:
            return reading.newest(tx)

    def _read(self, last: int, sources: set[Source], tokens: set[int]) -> tuple[set[int], Told]:
        with self._database.read() as tx:
            good = reading.good_tokens(tx, tokens)
            mark = last if self._mark is None else self._mark
            told = self._since(tx, mark, last, sources) if last > mark else {}
        self._mark = max(mark, last)
        return good, told

    def _since(self, tx: Tx, mark: int, last: int, sources: set[Source]) -> Told:
        """One post that can't be drawn is told to nobody, and must not keep the rest from everybody."""
        try:
            return reading.since(tx, mark, last, sources)
        except HearthError:
            raise
        except Exception:
            log.exception("what happened up to %s could not be told", last)
            return {}

    def _prune(self) -> None:
        with self._database.read() as tx:
            stale = stream_events.any_stale(tx)
        if stale:
            with self._database.write() as tx:
                _forget(tx)


def _forget(tx: Tx) -> None:
    stream_events.prune(tx)
