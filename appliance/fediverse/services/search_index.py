# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which statuses can be searched, and the words of them.

All that is written here, what members are mentioned in, favourited, bookmarked or boosted, and public posts of those
who agree to be found. The database itself keeps the index over these texts.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, search_texts, statuses
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import plain

MAX_LENGTH = 10_000

_INSERT = sa.insert(search_texts)
_KNOWN = sa.select(search_texts.c.status_id).where(search_texts.c.status_id == sa.bindparam("id"))
_MEMBER = (
    sa.select(accounts.c.id)
    .where(accounts.c.id.in_(sa.bindparam("ids", expanding=True)), accounts.c.domain == "")
    .limit(1)
)
_CHANGE = (
    sa.update(search_texts).where(search_texts.c.status_id == sa.bindparam("of_id")).values(text=sa.bindparam("words"))
)


def learn(tx: Tx, author: sa.Row[Any], columns: Mapping[str, Any], mentioned: Sequence[int]) -> None:
    """A status was written or taken in; `columns` are its row's."""
    offered = author.indexable and columns["visibility"] == Visibility.PUBLIC.value
    if columns["local"] or offered or (mentioned and tx.exists(_MEMBER, {"ids": list(mentioned)})):
        _store(tx, columns)


def meet(tx: Tx, member_id: int, status: sa.Row[Any]) -> None:
    """Somebody favourited, bookmarked or boosted a status; only what members do counts."""
    if not status.local and not tx.exists(_KNOWN, {"id": status.id}) and tx.exists(_MEMBER, {"ids": [member_id]}):
        _store(tx, status._asdict())


def relearn(tx: Tx, status_id: int) -> None:
    """A status was edited."""
    if tx.exists(_KNOWN, {"id": status_id}):
        status = tx.one(sa.select(statuses).where(statuses.c.id == status_id))
        if status is not None:
            tx.execute(_CHANGE, {"of_id": status_id, "words": _words(status._asdict())})


def _store(tx: Tx, columns: Mapping[str, Any]) -> None:
    if words := _words(columns):
        tx.execute(_INSERT, {"status_id": columns["id"], "text": words})


def _words(columns: Mapping[str, Any]) -> str:
    return plain.of_status(columns)[:MAX_LENGTH]
