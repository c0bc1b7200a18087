# SPDX-License-Identifier: AGPL-3.0-or-later
"""Again: a table once more in the same query, under a name of its own.

As `sa.alias`, which copies all columns of the table at once: with hundreds of queries those copies were a seventh of
the server's memory. Here a column is made when it is asked for.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa


def again(table: sa.Table, name: str | None = None) -> Any:
    """Used as an alias is, except that not all of its columns can be selected at once."""
    return _Again.of(table, name)


class _Again(sa.Alias):
    inherit_cache = True
    _wanted: "_Columns"

    @classmethod
    def of(cls, table: sa.Table, name: str | None) -> "_Again":
        alias = cls._construct(sa.table(table.name), name=name)
        alias._wanted = _Columns(table, alias)
        return alias

    @property
    def c(self) -> Any:
        return self._wanted


class _Columns:
    def __init__(self, table: sa.Table, alias: Any) -> None:
        self._table = table
        self._alias = alias
        self._made: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        """Called once for each; then it is an attribute."""
        if name.startswith("_"):
            raise AttributeError(name)
        made: Any = sa.column(name, self._table.c[name].type)
        made.table = self._alias
        self._made.append(made)
        setattr(self, name, made)
        return made

    def __iter__(self) -> Iterator[Any]:
        """Those that are in use, which is all that a join needs to know."""
        return iter(self._made)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __contains__(self, name: str) -> bool:
        return name in self._table.c
