# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tx: what is done with the database while one of its transactions is open."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from appliance.fediverse.db.ids import Ids
from appliance.fediverse.db.prepared import Found, Prepared, is_change
from appliance.fediverse.db.topics import Topic
from appliance.system.clock import milliseconds


class Tx:
    """One transaction: its connection, the moment it happens at, and what to do once it is committed.

    `topics` are what the companion is told then that it has to do.
    """

    def __init__(self, connection: sa.Connection, now: datetime, prepared: Prepared | None = None) -> None:
        self.connection = connection
        self.now = now
        self.ids = Ids(self)
        self.topics: set[Topic] = set()
        self.after_commit: list[Callable[[], None]] = []
        self._prepared = prepared

    @property
    def now_ms(self) -> int:
        return milliseconds(self.now)

    def next_id(self) -> int:
        return self.ids.next(self.now)

    def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        changed = self._run(statement, parameters) if is_change(statement) else None
        if changed is not None:
            return cast("sa.CursorResult[Any]", changed)
        return self.connection.execute(statement, parameters)

    def one(self, statement: sa.Executable, parameters: Any = None) -> sa.Row[Any] | None:
        found = self._run(statement, parameters)
        if found is None:
            return self.connection.execute(statement, parameters).one_or_none()
        rows = found.all()
        if len(rows) > 1:
            raise sa.exc.MultipleResultsFound("Multiple rows were found when one or none was required")
        return rows[0] if rows else None

    def all(self, statement: sa.Executable, parameters: Any = None) -> list[sa.Row[Any]]:
        found = self._run(statement, parameters)
        return list(self.connection.execute(statement, parameters).all()) if found is None else found.all()

    def exists(self, statement: sa.Executable, parameters: Any = None) -> bool:
        found = self._run(statement, parameters)
        return self.connection.execute(statement, parameters).first() is not None if found is None else found.any()

    def _run(self, statement: sa.Executable, parameters: Any) -> Found | None:
        """None for what SQLAlchemy has to do itself."""
        if self._prepared is None:
            return None
        return self._prepared.run(self.connection, statement, parameters)
