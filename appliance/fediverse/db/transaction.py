# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tx: what is done with the database while one of its transactions is open."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.ids import Ids
from appliance.fediverse.db.topics import Topic
from appliance.system.clock import milliseconds


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
