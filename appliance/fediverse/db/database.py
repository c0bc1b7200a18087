# SPDX-License-Identifier: AGPL-3.0-or-later
"""Database: short read and write transactions, every write durable before anybody is answered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa

from appliance.fediverse.db import failures, topics
from appliance.fediverse.db.gathering import Gathering
from appliance.fediverse.db.kept import Kept
from appliance.fediverse.db.store import store
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.db.transaction import Tx
from appliance.system.clock import Clock

__all__ = ["Database", "Tx"]

T = TypeVar("T")


def _nobody(_: bytes) -> None:
    """For a database that nobody waits on."""


class Database:
    """SQLite in WAL mode by default, PostgreSQL by another URL. Make it after the fork that will use it.

    `nudge` tells the companion (`Nudge(config.nudge_socket).send`).
    """

    def __init__(self, url: str, clock: Clock, *, nudge: Callable[[bytes], None] = _nobody) -> None:
        self._clock = clock
        self._nudge = nudge
        self._store = store(url)
        self.kept = Kept(self._store.versions(), clock)
        self._gathering = Gathering(self.write)

    @property
    def engine(self) -> sa.Engine:
        return self._store.engine

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A consistent view; nothing can be written."""
        with self._plainly(writing=False), self._store.reading() as connection:
            yield Tx(connection, self._clock.now(), self._store.prepared)

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """All or nothing: committed durably when the block ends, rolled back when it raises."""
        with self._plainly(writing=True), self._store.writing() as connection:
            tx = Tx(connection, self._clock.now(), self._store.prepared)
            yield tx
            tx.ids.store()
        if tx.ids.given:
            tx.topics.add(Topic.NEWS)
        if tx.topics:
            self._nudge(topics.written(tx.topics))
        for action in tx.after_commit:
            action()

    def gather(self, work: Callable[[Tx], T]) -> T:
        """As `write`, for short work that many threads have at once: what waits for the same turn is committed
        together. Returns once that is durable."""
        return self._gathering.do(work)

    def close(self) -> None:
        self.kept.close()
        self.engine.dispose()

    @contextmanager
    def _plainly(self, *, writing: bool) -> Iterator[None]:
        """What fails through nobody's mistake is said in words for whoever asked."""
        try:
            yield
        except sa.exc.TimeoutError as error:
            raise failures.busy() from error
        except sa.exc.DBAPIError as error:
            plain = self._store.explain(error, writing=writing)
            if plain is None:
                raise
            raise plain from error
