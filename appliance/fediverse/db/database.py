# SPDX-License-Identifier: AGPL-3.0-or-later
"""Database: short read and write transactions, every write durable before anybody is answered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db import failures, topics
from appliance.fediverse.db.ids import Ids
from appliance.fediverse.db.kept import Kept
from appliance.fediverse.db.store import store
from appliance.fediverse.db.topics import Topic
from appliance.system.clock import Clock, milliseconds


def _nobody(_: bytes) -> None:
    """For a database that nobody waits on."""


class Tx:
    """One transaction: its connection, the moment it happens at, and what to do once it is committed.

    `topics` are what the companion is told then that it has to do.
    """

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self.ids = Ids(connection)
        self.topics: set[Topic] = set()
        self.after_commit: list[Callable[[], None]] = []

    @property
    def now_ms(self) -> int:
        return milliseconds(self.now)

    def next_id(self) -> int:
        return self.ids.next(self.now)

    def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        return self.connection.execute(statement, parameters)

    def one(self, statement: sa.Executable, parameters: Any = None) -> sa.Row[Any] | None:
        return self.connection.execute(statement, parameters).one_or_none()

    def all(self, statement: sa.Executable, parameters: Any = None) -> list[sa.Row[Any]]:
        return list(self.connection.execute(statement, parameters).all())

    def exists(self, statement: sa.Executable, parameters: Any = None) -> bool:
        return self.connection.execute(statement, parameters).first() is not None


class Database:
    """SQLite in WAL mode by default, PostgreSQL by another URL. Make it after the fork that will use it.

    `nudge` tells the companion (`Nudge(config.nudge_socket).send`).
    """

    def __init__(self, url: str, clock: Clock, *, nudge: Callable[[bytes], None] = _nobody) -> None:
        self._clock = clock
        self._nudge = nudge
        self._store = store(url)
        self.kept = Kept(self._store.versions(), clock)

    @property
    def engine(self) -> sa.Engine:
        return self._store.engine

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A consistent view; nothing can be written."""
        with self._plainly(writing=False), self._store.reading() as connection:
            try:
                yield Tx(connection, self._clock.now())
            finally:
                connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """All or nothing: committed durably when the block ends, rolled back when it raises."""
        with self._plainly(writing=True), self._store.writing() as connection:
            tx = Tx(connection, self._clock.now())
            try:
                yield tx
                tx.ids.store()
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
        if tx.ids.given:
            tx.topics.add(Topic.NEWS)
        if tx.topics:
            self._nudge(topics.written(tx.topics))
        for action in tx.after_commit:
            action()

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
