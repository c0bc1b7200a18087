# SPDX-License-Identifier: AGPL-3.0-or-later
"""PostgreSQL, made to keep the promises that the services know from SQLite.

One writer at a time, by a lock of the server's that ends with the transaction, whoever holds it dies or not. So a verb
may look, decide and write, and nothing that it saw has changed meanwhile. Serializable transactions would promise the
same, yet every verb would have to be ready to be begun anew, with all it does beside writing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool, StaticPool

from appliance.errors import HearthError
from appliance.fediverse.db import failures

# The number of our lock, which counts within one database only.
TAKE_TURN = "SELECT pg_advisory_xact_lock(4873298)"
_SETTINGS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "synchronous_commit": "on",
        "lock_timeout": failures.BUSY_MILLISECONDS,
        "idle_in_transaction_session_timeout": 60_000,  # who hangs keeps the others waiting no longer than that
        "jit": "off",  # it pays for long questions only
    }.items()
)
_BUSY = frozenset({"55P03", "53300"})  # lock_not_available, too_many_connections
_DISK_FULL = "53100"
_DATA = "22"  # the class of what cannot be stored, as a text with NUL in it


class Postgresql:
    prepared = None  # psycopg prepares by itself what it is asked again

    def __init__(self, url: str) -> None:
        self._url = url
        self.engine = sa.create_engine(
            url,
            poolclass=QueuePool,
            pool_size=8,
            max_overflow=8,
            pool_timeout=10,
            connect_args={"options": _SETTINGS, "connect_timeout": 10},
        )
        self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with self._reading.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        with self.engine.connect() as connection:
            connection.exec_driver_sql(TAKE_TURN)
            yield connection
            connection.commit()

    def explain(self, error: sa.exc.DBAPIError, *, writing: bool) -> HearthError | None:
        code = getattr(error.orig, "sqlstate", None) or ""
        if code in _BUSY:
            return failures.busy()
        if code == _DISK_FULL:
            return failures.disk_full()
        if error.connection_invalidated or (isinstance(error, sa.exc.OperationalError) and not code):
            return failures.away()
        if isinstance(error, sa.exc.DataError) and (not code or code.startswith(_DATA)):
            return failures.unstorable() if writing else failures.unheard_of()
        return None

    def versions(self) -> "PostgresqlVersions":
        return PostgresqlVersions(self._url)


class PostgresqlVersions:
    """The server's word on which transactions have ended, which no commit leaves as it was."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(
            url, poolclass=StaticPool, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 10}
        )
        self._probe: Any = None

    def read(self) -> str | None:
        try:
            if self._probe is None:
                self._probe = self._engine.connect()
            return str(self._probe.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one())
        except sa.exc.DBAPIError:
            self.close()
            return None

    def close(self) -> None:
        if self._probe is not None:
            self._probe.close()
        self._probe = None
        self._engine.dispose()
