# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which of a member's filters statuses meet, for a whole page at once."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import filter_keywords, filter_statuses, filters, polls
from appliance.fediverse.services import plain

_ACTIVE = sa.select(filters).where(
    filters.c.account_id == sa.bindparam("viewer_id"),
    sa.or_(filters.c.expires_at.is_(None), filters.c.expires_at > sa.bindparam("now")),
)
_KEYWORDS = (
    sa.select(filter_keywords)
    .where(filter_keywords.c.filter_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(filter_keywords.c.id)
)
_MARKED = sa.select(filter_statuses).where(
    filter_statuses.c.status_id.in_(sa.bindparam("status_ids", expanding=True)),
    filter_statuses.c.filter_id.in_(sa.bindparam("ids", expanding=True)),
)
_POLLS = sa.select(polls.c.status_id, polls.c.options).where(
    polls.c.status_id.in_(sa.bindparam("status_ids", expanding=True))
)
_WORD_BEGINS, _WORD_ENDS = re.compile(r"\w"), re.compile(r"\w\Z")


@dataclass(frozen=True)
class Match:
    """A filter (a row of `filters`) that a status meets: by the words found in it, or by itself having been named."""

    filter: sa.Row[Any]
    keywords: tuple[str, ...]
    status_ids: tuple[int, ...]


def matches(tx: Tx, viewer_id: int, rows: Sequence[sa.Row[Any]]) -> dict[int, list[Match]]:
    """By status id, those alone that meet a filter. `rows` are of `statuses`; a boost meets what its original meets,
    if that is among them. Costs one look-up for who has no filters."""
    active = tx.all(_ACTIVE, {"viewer_id": viewer_id, "now": tx.now_ms})
    if not active or not rows:
        return {}
    ids, status_ids = [row.id for row in active], [row.id for row in rows]
    words: dict[int, list[sa.Row[Any]]] = {}
    for word in tx.all(_KEYWORDS, {"ids": ids}):
        words.setdefault(word.filter_id, []).append(word)
    marked = {(row.filter_id, row.status_id) for row in tx.all(_MARKED, {"ids": ids, "status_ids": status_ids})}
    patterns = {filter_id: pattern(found) for filter_id, found in words.items()}
    texts = _texts(tx, rows) if patterns else {}
    found: dict[int, list[Match]] = {}
    for row in rows:
        proper = row.boost_of_id if row.boost_of_id in texts else row.id
        for each in active:
            match = patterns[each.id].search(texts[proper]) if each.id in patterns else None
            named = tuple(one for one in (row.id, row.boost_of_id) if (each.id, one) in marked)
            if match or named:
                found.setdefault(row.id, []).append(Match(each, (match[0],) if match else (), named))
    return found


def pattern(keywords: Iterable[sa.Row[Any]]) -> "re.Pattern[str]":
    """Any of the keywords, whatever its case; where a whole word is meant, none as a part of another."""
    return re.compile("|".join(_escaped(row.keyword.strip(), row.whole_word) for row in keywords), re.IGNORECASE)


def _escaped(keyword: str, whole_word: bool) -> str:
    if not whole_word:
        return re.escape(keyword)
    before = r"\b" if _WORD_BEGINS.match(keyword) else ""
    after = r"\b" if _WORD_ENDS.search(keyword) else ""
    return f"{before}{re.escape(keyword)}{after}"


def _texts(tx: Tx, rows: Sequence[sa.Row[Any]]) -> dict[int, str]:
    texts = {row.id: plain.of_status(row._asdict()) for row in rows}
    with_polls = [row.id for row in rows if row.poll_id is not None]
    if with_polls:
        for poll in tx.all(_POLLS, {"status_ids": with_polls}):
            texts[poll.status_id] += "\n" + "\n".join(str(option) for option in poll.options)
    return texts
