# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statements that are asked again and again, compiled once and handed to SQLite as they are.

SQLAlchemy looks anew at each statement it is given: which it is, whether it was compiled, how its result is read. That
takes longer than most of our questions take SQLite. A statement that is built once, as those of the hot paths are, is
therefore compiled when it is met for the third time, and from then on goes past all that; one that asks for a list of
ids is compiled once for each length of it. What comes back are SQLAlchemy's own rows. What this cannot do it leaves to
SQLAlchemy.
"""

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler

_Write = Callable[[Any], Any]
_TIMES = 3  # what is built for one question may be asked twice in it, and is never met again
_LONGEST = 100  # list whose length is a form of its own
_MOST_FORMS = 64  # of one statement
_CHANGES = ("INSERT ", "UPDATE ", "DELETE ")


class Found:
    """What came of a statement: rows, or how many were changed."""

    def __init__(self, cursor: Any, result: SimpleResultMetaData | None) -> None:
        self._cursor = cursor
        self._result = result

    @property
    def rowcount(self) -> int:
        return int(self._cursor.rowcount)

    def any(self) -> bool:
        return self._cursor.fetchone() is not None

    def all(self) -> "list[sa.Row[Any]]":
        result = self._result
        if result is None:
            raise sa.exc.ResourceClosedError("This statement returns no rows.")
        processors, index = result._effective_processors, result._key_to_index
        return [sa.Row(result, processors, index, row) for row in self._cursor]


@dataclass(frozen=True)
class Statement:
    """`given` are the parameters: where each stands, what it is called, how it is written; `listed` the same for lists,
    each with the places of its parts. `usual` has the rest."""

    sql: str
    usual: tuple[Any, ...]
    given: tuple[tuple[int, str, _Write | None], ...]
    listed: tuple[tuple[tuple[int, ...], str, _Write | None], ...]
    result: SimpleResultMetaData | None

    def values(self, parameters: Mapping[str, Any]) -> Sequence[Any]:
        values = list(self.usual)
        for place, name, write in self.given:
            value = parameters[name]
            values[place] = value if write is None else write(value)
        for places, name, write in self.listed:
            for place, value in zip(places, parameters[name], strict=True):
                values[place] = value if write is None else write(value)
        return values


class _Known:
    """A statement that was met: how often, and what it is with which parameters. `lists` are those that are lists."""

    def __init__(self) -> None:
        self.times = 0
        self.lists: frozenset[str] | None = None
        self.forms: dict[tuple[Any, ...], Statement | None] = {}


class Prepared:
    """The statements of one database. Safe between threads: at worst something is compiled twice."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self._dialect = dialect
        self._met: weakref.WeakKeyDictionary[Any, _Known] = weakref.WeakKeyDictionary()

    def run(self, connection: sa.Connection, statement: sa.Executable, parameters: Any) -> Found | None:
        """None for what SQLAlchemy itself has to do. Raises what it would raise."""
        if not (parameters is None or isinstance(parameters, dict)) or connection.engine._has_events:
            return None
        prepared = self._find(statement, parameters or {})
        if prepared is None:
            return None
        raw: Any = connection.connection.dbapi_connection
        values = prepared.values(parameters or {})
        try:
            return Found(raw.execute(prepared.sql, values), prepared.result)
        except raw.Error as error:
            raise sa.exc.DBAPIError.instance(
                prepared.sql, tuple(values), error, raw.Error, dialect=self._dialect
            ) from error

    def _find(self, statement: Any, parameters: Mapping[str, Any]) -> Statement | None:
        known = self._met.get(statement)
        if known is None:
            known = self._met[statement] = _Known()
        known.times += 1
        if known.times < _TIMES:
            return None
        if known.lists is None:
            known.lists = self._lists(statement)
        form: tuple[Any, ...] = tuple(parameters)
        if known.lists:
            lengths = [len(parameters[name]) for name in known.lists if name in parameters]
            form += tuple(lengths)
            if max(lengths, default=0) > _LONGEST or (form not in known.forms and len(known.forms) >= _MOST_FORMS):
                return None
        if form not in known.forms:
            known.forms[form] = self._prepare(statement, parameters)
        return known.forms[form]

    def _lists(self, statement: Any) -> frozenset[str]:
        compiled = statement.compile(dialect=self._dialect)
        return frozenset(bind.key for bind in compiled.post_compile_params if bind.expanding)

    def _prepare(self, statement: Any, parameters: Mapping[str, Any]) -> Statement | None:
        compiled = statement.compile(dialect=self._dialect, column_keys=list(parameters) or None)
        if not isinstance(compiled, SQLCompiler) or not _is_plain(compiled):
            return None
        state = compiled.construct_expanded_state(parameters) if compiled.post_compile_params else None
        processors: Mapping[str, Any] = state.processors if state else compiled._bind_processors
        order = list((state.positiontup if state else compiled.positiontup) or ())
        usual: list[Any] = [None] * len(order)
        given: list[tuple[int, str, _Write | None]] = []
        listed: list[tuple[tuple[int, ...], str, _Write | None]] = []
        keys = {name: bind for bind, name in compiled.bind_names.items()}
        for whole, parts in (state.parameter_expansion if state else {}).items():
            bind = keys.pop(whole)
            if bind.key not in parameters or len(parts) != len(parameters[bind.key]):
                return None  # a list that stands in the statement, or of more than single values
            # Where it is asked for twice each part stands twice.
            for places in zip(*([at for at, name in enumerate(order) if name == part] for part in parts), strict=True):
                listed.append((places, bind.key, processors.get(parts[0])))
        parts_of_lists = {place for places, _, _ in listed for place in places}
        for place, name in enumerate(order):
            if place in parts_of_lists:
                continue
            bind, write = keys[name], processors.get(name)
            if bind.key in parameters:
                given.append((place, bind.key, write))
            elif bind.required or bind.callable is not None:
                return None
            else:
                usual[place] = bind.value if write is None else write(bind.value)
        sql = state.statement if state else str(compiled)
        return Statement(sql, tuple(usual), tuple(given), tuple(listed), self._result(compiled))

    def _result(self, compiled: SQLCompiler) -> SimpleResultMetaData | None:
        columns = compiled._result_columns
        if not columns:
            return None
        readers = [entry.type._cached_result_processor(self._dialect, None) for entry in columns]
        return SimpleResultMetaData(
            [entry.keyname for entry in columns],
            [tuple(entry.objects) for entry in columns],
            _processors=readers if any(readers) else None,
        )


def _is_plain(compiled: SQLCompiler) -> bool:
    """A question or a change whose form is known, without what is decided only when it is executed: defaults made in
    Python, values written into it."""
    changes = compiled.isinsert or compiled.isupdate or compiled.isdelete or is_change(compiled.statement)
    return bool(changes or compiled._result_columns) and not (
        any(not bind.expanding for bind in compiled.post_compile_params)
        or compiled.literal_execute_params
        or compiled.insert_prefetch
        or compiled.update_prefetch
        or compiled.effective_returning
    )


def is_change(statement: Any) -> bool:
    """Whether it changes something and answers nothing; of plain text only where its first word says so."""
    if isinstance(statement, sa.TextClause):
        return statement.text.startswith(_CHANGES) and "RETURNING" not in statement.text
    return isinstance(statement, sa.UpdateBase)
