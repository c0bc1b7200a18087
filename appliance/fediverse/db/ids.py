# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ids: milliseconds since 1970 shifted left by 16, so they sort by time, and never below the largest given out."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from appliance.fediverse.db.tables import sequence
from appliance.system.clock import milliseconds

if TYPE_CHECKING:
    from appliance.fediverse.db.transaction import Tx

_SHIFT = 16
_MINE = sequence.c.name == "id"
_READ = sa.select(sequence.c.last).where(_MINE)
_STORE = sa.update(sequence).where(_MINE).values(last=sa.bindparam("newest"))


def floor(moment: datetime) -> int:
    """The smallest id that a thing made at `moment` can have."""
    return milliseconds(moment) << _SHIFT


class Ids:
    """Gives out ids inside one write transaction, which serialises all who ask."""

    def __init__(self, tx: "Tx") -> None:
        self._tx = tx
        self._last: int | None = None

    @property
    def given(self) -> bool:
        """Whether there is anything new."""
        return self._last is not None

    def next(self, now: datetime) -> int:
        if self._last is None:
            (self._last,) = self._tx.all(_READ)[0]
        self._last = max(self._last + 1, floor(now))
        return self._last

    def store(self) -> None:
        """Called once, right before the commit."""
        if self._last is not None:
            self._tx.execute(_STORE, {"newest": self._last})
