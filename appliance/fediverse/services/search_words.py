# SPDX-License-Identifier: AGPL-3.0-or-later
"""The two databases' indexes over words: FTS5 in SQLite, tsvector in PostgreSQL. The one place that knows which."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, search_texts

_WORD = re.compile(r"\w+")
# The very expression of the index search_people (migration 0004).
_PEOPLE_IN_POSTGRESQL = (
    "to_tsvector('simple', regexp_replace(normalize("
    "accounts.username || ' ' || accounts.display_name || ' ' || accounts.domain, NFKD),"
    r" '[\u0300-\u036f]', '', 'g'))"
)
# Tables of FTS5's own, known to SQLite alone.
_words = sa.table("search_words", sa.column("rowid", sa.BigInteger), sa.column("search_words"))
_people = sa.table("search_people", sa.column("rowid", sa.BigInteger), sa.column("search_people"))


def statuses_with(
    tx: Tx, query: "sa.Select[Any]", status_id: "sa.ColumnElement[int]", words: Sequence[tuple[str, bool]]
) -> "tuple[sa.Select[Any], sa.ColumnElement[int]]":
    """Narrow a query of statuses to those with all of the words, and none of those paired with false.

    Handed back with it is the column to sort by, in whose order the index is read.
    """
    wanted, unwanted = ([word for word, sign in words if sign is this] for this in (True, False))
    if _is_sqlite(tx):
        if not wanted:
            query = query.join(search_texts, search_texts.c.status_id == status_id)
            return query.where(*(_without(status_id, word) for word in unwanted)), status_id
        match = " ".join(_quoted(word) for word in wanted) + "".join(f" NOT {_quoted(word)}" for word in unwanted)
        query = query.join(_words, _words.c.rowid == status_id).where(_words.c.search_words.op("MATCH")(match))
        return query, _words.c.rowid
    query = query.join(search_texts, search_texts.c.status_id == status_id)
    indexed: sa.ColumnElement[Any] = sa.literal_column("search_texts.words")
    for word in wanted:
        query = query.where(indexed.op("@@")(sa.func.phraseto_tsquery("simple", _bare(word))))
    for word in unwanted:
        query = query.where(sa.not_(indexed.op("@@")(sa.func.phraseto_tsquery("simple", _bare(word)))))
    return query, status_id


def people_like(tx: Tx, name: str, domain: str) -> "sa.ColumnElement[bool] | None":
    """True for accounts of which every word of `name` begins a word of their names, and `domain` their domain.

    None if there is no word to look for.
    """
    names, parts = _WORD.findall(name), _WORD.findall(domain)
    if not names:
        return None
    if _is_sqlite(tx):
        match = " ".join(f'{{username display_name}} : "{word}"*' for word in names)
        match += f' domain : "{" ".join(parts)}"*' if parts else ""
        return accounts.c.id.in_(sa.select(_people.c.rowid).where(_people.c.search_people.op("MATCH")(match)))
    text: sa.ColumnElement[Any] = sa.literal_column(_PEOPLE_IN_POSTGRESQL)
    like = text.op("@@")(sa.func.to_tsquery("simple", " & ".join(f"{_bare(word)}:*" for word in names)))
    return sa.and_(like, accounts.c.domain.startswith(domain, autoescape=True)) if parts else like


def _without(status_id: "sa.ColumnElement[int]", word: str) -> "sa.ColumnElement[bool]":
    return sa.not_(sa.exists().where(_words.c.rowid == status_id, _words.c.search_words.op("MATCH")(_quoted(word))))


def _bare(word: str) -> str:
    """Without accents, as the index in PostgreSQL has it; FTS5 does so itself."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _is_sqlite(tx: Tx) -> bool:
    return tx.connection.dialect.name == "sqlite"
