# SPDX-License-Identifier: AGPL-3.0-or-later
"""Filters: what a member would rather not read. https://docs.joinmastodon.org/methods/filters/"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import filter_keywords, filter_statuses, filters
from appliance.fediverse.model import FilterAction, FilterContext
from appliance.fediverse.services import stream_events
from appliance.fediverse.services.filter_matches import Match, matches
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.status_rows import seen_by

__all__ = ["Change", "Filter", "KeywordChange", "Match", "create", "delete", "every", "get", "matches", "update"]

MAX_FILTERS = 100
MAX_KEYWORDS = 100
MAX_TITLE = 256
MAX_KEYWORD = 512
MAX_WORDS = 10_000  # characters in all keywords of a member: each of her posts is searched for all of them
_LONGEST = 100 * 365 * 24 * 3600

_filter_id: "sa.BindParameter[int]" = sa.bindparam("filter_id")
_OWNER = again(filters)
_ids: "sa.BindParameter[int]" = sa.bindparam("ids", expanding=True)
_EVERY = sa.select(filters).where(filters.c.account_id == sa.bindparam("account_id")).order_by(filters.c.id)
_KEYWORDS = sa.select(filter_keywords).where(filter_keywords.c.filter_id.in_(_ids)).order_by(filter_keywords.c.id)
_LENGTH = (
    sa.select(sa.func.coalesce(sa.func.sum(sa.func.length(filter_keywords.c.keyword)), 0))
    .join(filters, filters.c.id == filter_keywords.c.filter_id)
    .where(filters.c.account_id == sa.select(_OWNER.c.account_id).where(_OWNER.c.id == _filter_id).scalar_subquery())
)
_STATUSES = sa.select(filter_statuses).where(filter_statuses.c.filter_id.in_(_ids)).order_by(filter_statuses.c.id)


@dataclass(frozen=True)
class Filter:
    """`keywords` and `statuses` are rows of their tables."""

    id: int
    title: str
    contexts: tuple[FilterContext, ...]
    action: FilterAction
    expires_at: int | None
    keywords: tuple[sa.Row[Any], ...] = ()
    statuses: tuple[sa.Row[Any], ...] = ()


@dataclass(frozen=True)
class KeywordChange:
    """A new keyword; with `id` a change of that one, or its end."""

    keyword: str | None = None
    whole_word: bool | None = None
    id: int | None = None
    remove: bool = False


@dataclass(frozen=True)
class Change:
    """What is to be different; None leaves a thing as it is. `expires_in` are seconds, 0 for never."""

    title: str | None = None
    contexts: tuple[str, ...] | None = None
    action: FilterAction | None = None
    expires_in: int | None = None
    keywords: Sequence[KeywordChange] = ()


def every(tx: Tx, account_id: int) -> list[Filter]:
    """All of a member's, those expired too."""
    return _whole(tx, tx.all(_EVERY, {"account_id": account_id}))


def get(tx: Tx, account_id: int, filter_id: int) -> Filter:
    """Raises HearthError not-found, also for other people's."""
    mine = sa.and_(filters.c.id == filter_id, filters.c.account_id == account_id)
    found = _whole(tx, tx.all(sa.select(filters).where(mine)))
    if not found:
        raise missing()
    return found[0]


def create(tx: Tx, account_id: int, change: Change) -> int:
    """Raises BadInput."""
    _check(change.title or "", change.contexts or ())
    if len(tx.all(sa.select(filters.c.id).where(filters.c.account_id == account_id))) >= MAX_FILTERS:
        raise BadInput(f"Validation failed: There can be {MAX_FILTERS} filters at most", "")
    filter_id = tx.next_id()
    values = _values(tx, change)
    values = {"action": FilterAction.WARN.value, "expires_at": None} | values
    tx.execute(sa.insert(filters).values(id=filter_id, account_id=account_id, **values))
    _change_keywords(tx, filter_id, change.keywords)
    stream_events.filters_changed(tx, account_id)
    return filter_id


def update(tx: Tx, account_id: int, filter_id: int, change: Change) -> None:
    """Raises BadInput, HearthError not-found."""
    known = get(tx, account_id, filter_id)
    contexts = [context.value for context in known.contexts]
    _check(known.title if change.title is None else change.title, change.contexts or contexts)
    if values := _values(tx, change):
        tx.execute(sa.update(filters).where(filters.c.id == filter_id).values(**values))
    _change_keywords(tx, filter_id, change.keywords)
    stream_events.filters_changed(tx, account_id)


def delete(tx: Tx, account_id: int, filter_id: int) -> None:
    """Raises HearthError not-found."""
    get(tx, account_id, filter_id)
    tx.execute(sa.delete(filters).where(filters.c.id == filter_id))
    stream_events.filters_changed(tx, account_id)


def keyword(tx: Tx, account_id: int, keyword_id: int) -> sa.Row[Any]:
    """Raises HearthError not-found, also for other people's."""
    return _part(tx, filter_keywords, account_id, keyword_id)


def add_keyword(tx: Tx, account_id: int, filter_id: int, change: KeywordChange) -> int:
    """Raises BadInput, HearthError not-found."""
    get(tx, account_id, filter_id)
    stream_events.filters_changed(tx, account_id)
    return _change_keywords(tx, filter_id, [change])[0]


def change_keyword(tx: Tx, account_id: int, keyword_id: int, change: KeywordChange) -> None:
    """Raises BadInput, HearthError not-found."""
    known = keyword(tx, account_id, keyword_id)
    stream_events.filters_changed(tx, account_id)
    _change_keywords(tx, known.filter_id, [KeywordChange(change.keyword, change.whole_word, keyword_id, change.remove)])


def status(tx: Tx, account_id: int, filter_status_id: int) -> sa.Row[Any]:
    """Raises HearthError not-found, also for other people's."""
    return _part(tx, filter_statuses, account_id, filter_status_id)


def add_status(tx: Tx, account_id: int, filter_id: int, status_id: int) -> int:
    """Raises BadInput when it is there already, HearthError not-found."""
    known = get(tx, account_id, filter_id)
    seen_by(tx, account_id, status_id)
    if any(each.status_id == status_id for each in known.statuses):
        raise BadInput("Validation failed: Status has already been taken", "")
    if len(known.statuses) >= MAX_KEYWORDS:
        raise BadInput(f"Validation failed: There can be {MAX_KEYWORDS} statuses at most", "")
    stream_events.filters_changed(tx, account_id)
    new_id = tx.next_id()
    tx.execute(sa.insert(filter_statuses).values(id=new_id, filter_id=filter_id, status_id=status_id))
    return new_id


def remove_status(tx: Tx, account_id: int, filter_status_id: int) -> None:
    """Raises HearthError not-found."""
    known = status(tx, account_id, filter_status_id)
    tx.execute(sa.delete(filter_statuses).where(filter_statuses.c.id == known.id))
    stream_events.filters_changed(tx, account_id)


def _part(tx: Tx, table: sa.Table, account_id: int, row_id: int) -> sa.Row[Any]:
    query = sa.select(table).join(filters, filters.c.id == table.c.filter_id)
    row = tx.one(query.where(table.c.id == row_id, filters.c.account_id == account_id))
    if row is None:
        raise missing()
    return row


def _check(title: str, contexts: Collection[str]) -> None:
    wrong = []
    if not title.strip():
        wrong.append("Title can't be blank")
    if len(title) > MAX_TITLE:
        wrong.append(f"Title is too long (maximum is {MAX_TITLE} characters)")
    if not contexts:
        wrong.append("Context can't be blank")
    if not contexts or not set(contexts) <= {context.value for context in FilterContext}:
        wrong.append("Context None or invalid context supplied")
    if wrong:
        raise BadInput(f"Validation failed: {', '.join(wrong)}", "")


def _values(tx: Tx, change: Change) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if change.title is not None:
        values["title"] = change.title
    if change.contexts:
        values["contexts"] = list(dict.fromkeys(change.contexts))
    if change.action is not None:
        values["action"] = change.action.value
    if change.expires_in is not None:
        seconds = max(0, min(change.expires_in, _LONGEST))
        values["expires_at"] = tx.now_ms + seconds * 1000 if seconds else None
    return values


def _change_keywords(tx: Tx, filter_id: int, changes: Sequence[KeywordChange]) -> list[int]:
    known = {row.id: row for row in tx.all(_KEYWORDS, {"ids": [filter_id]})}
    ids = []
    for change in changes:
        if change.id is not None and change.id not in known:
            raise missing()
        row = known.get(change.id) if change.id is not None else None
        if change.remove:
            if row is not None:
                tx.execute(sa.delete(filter_keywords).where(filter_keywords.c.id == row.id))
                del known[row.id]
            continue
        word = change.keyword if change.keyword is not None or row is None else row.keyword
        if not (word or "").strip():
            raise BadInput("Validation failed: Keyword can't be blank", "")
        if len(word or "") > MAX_KEYWORD:
            raise BadInput(f"Validation failed: Keyword is too long (maximum is {MAX_KEYWORD} characters)", "")
        whole = change.whole_word if change.whole_word is not None else row is None or row.whole_word
        if row is not None:
            mine = filter_keywords.c.id == row.id
            tx.execute(sa.update(filter_keywords).where(mine).values(keyword=word, whole_word=whole))
            ids.append(row.id)
            continue
        if len(known) >= MAX_KEYWORDS:
            raise BadInput(f"Validation failed: There can be {MAX_KEYWORDS} keywords at most", "")
        ids.append(tx.next_id())
        tx.execute(sa.insert(filter_keywords).values(id=ids[-1], filter_id=filter_id, keyword=word, whole_word=whole))
        known[ids[-1]] = None  # type: ignore[assignment]
    if ids and tx.all(_LENGTH, {"filter_id": filter_id})[0][0] > MAX_WORDS:
        raise BadInput(f"Validation failed: All keywords together can have {MAX_WORDS} characters at most", "")
    return ids


def _whole(tx: Tx, rows: Sequence[sa.Row[Any]]) -> list[Filter]:
    if not rows:
        return []
    ids = [row.id for row in rows]
    words, marked = _grouped(tx, _KEYWORDS, ids), _grouped(tx, _STATUSES, ids)
    return [
        Filter(
            id=row.id,
            title=row.title,
            contexts=tuple(FilterContext(context) for context in row.contexts),
            action=FilterAction(row.action),
            expires_at=row.expires_at,
            keywords=tuple(words.get(row.id, ())),
            statuses=tuple(marked.get(row.id, ())),
        )
        for row in rows
    ]


def _grouped(tx: Tx, query: "sa.Select[Any]", ids: list[int]) -> Mapping[int, list[sa.Row[Any]]]:
    groups: dict[int, list[sa.Row[Any]]] = {}
    for row in tx.all(query, {"ids": ids}):
        groups.setdefault(row.filter_id, []).append(row)
    return groups
