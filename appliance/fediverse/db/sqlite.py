# SPDX-License-Identifier: AGPL-3.0-or-later
"""SQLite in WAL mode: readers see one moment, writers take turns, a commit is on the disk."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool, StaticPool

from appliance.errors import HearthError
from appliance.fediverse.db import failures
from appliance.fediverse.db.prepared import Prepared
from appliance.system.turn import Turn

# Statements that SQLAlchemy keeps compiled: what is not `prepared`. Each takes some 40 kB, in each process.
_COMPILED = 60


class Sqlite:
    def __init__(self, url: str) -> None:
        self._url = url
        self.engine = sa.create_engine(
            url,
            poolclass=QueuePool,
            pool_size=8,
            max_overflow=8,
            pool_timeout=10,
            pool_use_lifo=True,
            query_cache_size=_COMPILED,
            json_deserializer=_read_json,
        )
        sa.event.listen(self.engine, "connect", _configure)
        self._turn = _turn(self.engine.url)
        self.prepared = Prepared(self.engine.dialect)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with self.engine.connect() as connection:
            self._say(connection, "BEGIN DEFERRED")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        with self._my_turn(), self.engine.connect() as connection:
            self._say(connection, "BEGIN IMMEDIATE")
            yield connection
            self._say(connection, "COMMIT")

    def explain(self, error: sa.exc.DBAPIError, *, writing: bool) -> HearthError | None:
        if isinstance(error, sa.exc.OperationalError):
            if "locked" in str(error):
                return failures.busy()
            if "disk is full" in str(error):
                return failures.disk_full()
        return None

    def versions(self) -> "SqliteVersions":
        return SqliteVersions(self._url)

    def _say(self, connection: sa.Connection, words: str) -> None:
        """Past SQLAlchemy, which takes longer for it than SQLite for most questions. What is not committed is rolled
        back as SQLAlchemy takes its connection back."""
        raw: Any = connection.connection.dbapi_connection
        try:
            raw.execute(words)
        except raw.Error as error:
            raise sa.exc.DBAPIError.instance(words, (), error, raw.Error, dialect=self.engine.dialect) from error

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """Waiting here is shorter than in SQLite; its own lock holds all the same, for whoever doesn't know of this."""
        if self._turn is None:
            yield
            return
        with ExitStack() as held:
            try:
                held.enter_context(self._turn.take(failures.BUSY_MILLISECONDS / 1000))
            except TimeoutError as error:
                raise failures.busy() from error
            yield


class SqliteVersions:
    """`PRAGMA data_version` on a connection of its own, which answers within microseconds."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
        self._probe: Any = None

    def read(self) -> int:
        if self._probe is None:
            self._probe = self._engine.raw_connection().cursor()
        return int(self._probe.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        self._probe = None
        self._engine.dispose()


def _turn(url: sa.URL) -> Turn | None:
    """None for a database in memory, which no other process can reach."""
    return Turn(Path(f"{url.database}.turn")) if url.database and url.database != ":memory:" else None


def _read_json(text: str) -> Any:
    """Most of what is kept so is empty."""
    return [] if text == "[]" else json.loads(text)


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {failures.BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA cache_size = -512")  # the kernel keeps the rest, once for all
    # 16 MB: what many commits change is written into the database once for all of them.
    cursor.execute("PRAGMA wal_autocheckpoint = 4000")
    cursor.close()
