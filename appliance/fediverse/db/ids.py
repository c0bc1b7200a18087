# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ids: milliseconds since 1970 shifted left by 16, so they sort by time, and never below the largest given out."""

from datetime import datetime

import sqlalchemy as sa

from appliance.fediverse.db.tables import sequence
from appliance.system.clock import milliseconds

_SHIFT = 16
_ROW = "id"


def floor(moment: datetime) -> int:
    """The smallest id that a thing made at `moment` can have."""
    return milliseconds(moment) << _SHIFT


class Ids:
    """Gives out ids inside one write transaction, which serialises all who ask."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._last: int | None = None

    def next(self, now: datetime) -> int:
        if self._last is None:
            row = sa.select(sequence.c.last).where(sequence.c.name == _ROW).with_for_update()
            self._last = self._connection.execute(row).scalar_one()
        self._last = max(self._last + 1, floor(now))
        return self._last

    def store(self) -> None:
        """Called once, right before the commit."""
        if self._last is not None:
            self._connection.execute(sa.update(sequence).where(sequence.c.name == _ROW).values(last=self._last))
