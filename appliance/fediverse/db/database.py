# SPDX-License-Identifier: AGPL-3.0-or-later
"""Database: short read and write transactions, every write durable before anybody is answered."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from appliance.errors import HearthError, Unavailable
from appliance.fediverse.db import topics
from appliance.fediverse.db.ids import Ids
from appliance.fediverse.db.kept import Kept
from appliance.fediverse.db.topics import Topic
from appliance.system.clock import Clock, milliseconds
from appliance.system.turn import Turn

BUSY_MILLISECONDS = 10_000


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
        self.kept = Kept(url, clock)
        self._sqlite = url.startswith("sqlite")
        self.engine = sa.create_engine(url, poolclass=QueuePool, pool_size=8, max_overflow=8, pool_timeout=10)
        self._turn = _turn(self.engine.url) if self._sqlite else None
        if self._sqlite:
            sa.event.listen(self.engine, "connect", _configure_sqlite)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A consistent view; nothing can be written."""
        with self._connect() as connection:
            if self._sqlite:
                connection.exec_driver_sql("BEGIN DEFERRED")
            try:
                yield Tx(connection, self._clock.now())
            finally:
                connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """All or nothing: committed durably when the block ends, rolled back when it raises."""
        with self._my_turn(), self._connect() as connection:
            if self._sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
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
    def _my_turn(self) -> Iterator[None]:
        """Waiting here is shorter than in SQLite; its own lock holds all the same, for whoever doesn't know of this."""
        if self._turn is None:
            yield
            return
        with ExitStack() as held:
            try:
                held.enter_context(self._turn.take(BUSY_MILLISECONDS / 1000))
            except TimeoutError as error:
                raise Unavailable("database-busy", "The server is very busy.") from error
            yield

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        try:
            with self.engine.connect() as connection:
                yield connection
        except sa.exc.TimeoutError as error:
            raise Unavailable("database-busy", "The server is very busy.") from error
        except sa.exc.OperationalError as error:
            if "locked" in str(error):
                raise Unavailable("database-busy", "The server is very busy.") from error
            if "disk is full" in str(error):
                raise HearthError(
                    "disk-full",
                    "The server's disk is full, so this could not be kept.",
                    "Whoever runs the server must make room; nothing was changed.",
                    status=507,
                ) from error
            raise


def _turn(url: sa.URL) -> Turn | None:
    """None for a database in memory, which no other process can reach."""
    return Turn(Path(f"{url.database}.turn")) if url.database and url.database != ":memory:" else None


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA cache_size = -8192")
    cursor.close()
