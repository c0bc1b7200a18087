# SPDX-License-Identifier: AGPL-3.0-or-later
"""Store: what the two kinds of database do each in its own way, chosen by the URL."""

from collections.abc import Hashable
from contextlib import AbstractContextManager
from typing import Protocol

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.db.prepared import Prepared
from appliance.fediverse.db.sqlite import Sqlite


class Versions(Protocol):
    """Tells, faster than any question, whether anybody has committed anything since it was asked before."""

    def read(self) -> Hashable | None:
        """The same value as last time only if nothing was committed in between; None: it cannot be told now."""
        ...

    def close(self) -> None: ...


class Store(Protocol):
    engine: sa.Engine

    @property
    def prepared(self) -> Prepared | None:
        """Statements that need not go through SQLAlchemy again."""
        ...

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A connection with a transaction begun that sees one moment and writes nothing. It ends with the block."""
        ...

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """A connection with a transaction begun that sees everything that was committed, and is the only one to write
        until it ends: committed with the block, rolled back when that raises. Raises Unavailable database-busy."""
        ...

    def explain(self, error: sa.exc.DBAPIError, *, writing: bool) -> HearthError | None:
        """What a failure means for whoever asked, or None if it is our own mistake."""
        ...

    def versions(self) -> Versions: ...


def store(url: str) -> Store:
    if url.startswith("sqlite"):
        return Sqlite(url)
    # Where it is not used it costs no memory.
    from appliance.fediverse.db.postgresql import Postgresql

    return Postgresql(url)
