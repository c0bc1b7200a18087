# SPDX-License-Identifier: AGPL-3.0-or-later
"""Other servers' pictures, films and sounds, fetched when somebody here looks at one, and kept for a while."""

import hashlib
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import kept_media
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.model import MediaPurpose, MediaState

AT_ONCE = 4
MAX_TRIES = 8
# A use is noted twice a day at most: what is asked for all the time must not be written all the time.
_NOTE_EVERY = timedelta(hours=12)
_FIRST_PAUSE = timedelta(minutes=10)
_LONGEST_PAUSE = timedelta(days=2)
_MILLISECOND = timedelta(milliseconds=1)
_BY_HASH = sa.select(kept_media).where(kept_media.c.hash == sa.bindparam("hash"))
_DUE = (
    sa.select(kept_media)
    .where(sa.text("state IN ('waiting', 'working')"), kept_media.c.due_at <= sa.bindparam("now"))
    .order_by(kept_media.c.due_at)
    .limit(AT_ONCE)
)


def find(tx: Tx, purpose: MediaPurpose, url: str) -> sa.Row[Any] | None:
    return tx.one(_BY_HASH, {"hash": _hash(purpose, url)})


def want(tx: Tx, purpose: MediaPurpose, url: str) -> None:
    """Have it fetched, unless it is here, on its way, or was asked for in vain not long ago."""
    row = find(tx, purpose, url)
    if row is None:
        tx.execute(
            sa.insert(kept_media).values(
                id=tx.next_id(),
                hash=_hash(purpose, url),
                purpose=purpose.value,
                remote_url=url,
                state=MediaState.WAITING.value,
                due_at=tx.now_ms,
                created_at=tx.now_ms,
                last_used_at=tx.now_ms,
            )
        )
    elif row.state == MediaState.FAILED.value and row.due_at <= tx.now_ms:
        _change(tx, row.id, state=MediaState.WAITING.value, last_used_at=tx.now_ms)
    tx.topics.add(Topic.MEDIA)


def is_hopeless(row: sa.Row[Any], now: int) -> bool:
    """Whether it was asked for in vain not long ago."""
    return bool(row.state == MediaState.FAILED.value and row.due_at > now)


def needs_note(row: sa.Row[Any], now: int) -> bool:
    return bool(row.last_used_at < now - _NOTE_EVERY // _MILLISECOND)


def note_use(tx: Tx, row: sa.Row[Any]) -> None:
    _change(tx, row.id, last_used_at=tx.now_ms)


def lost(tx: Tx, row: sa.Row[Any]) -> None:
    """Its file is gone: it is fetched anew."""
    _change(tx, row.id, state=MediaState.WAITING.value, due_at=tx.now_ms, file=None, small=None)
    tx.topics.add(Topic.MEDIA)


def due(tx: Tx) -> list[sa.Row[Any]]:
    return tx.all(_DUE, {"now": tx.now_ms})


def arrived(tx: Tx, row: sa.Row[Any], file: str, small: str | None, size: int) -> bool:
    """False if it is not wanted any more."""
    state = MediaState.READY.value
    return _change(tx, row.id, state=state, file=file, small=small, bytes=size, tries=0, last_used_at=tx.now_ms)


def failed(tx: Tx, row: sa.Row[Any]) -> None:
    """It could not be had: nobody asks again before a while, which doubles."""
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(row.tries, MAX_TRIES))
    due_at = tx.now_ms + pause // _MILLISECOND
    _change(tx, row.id, state=MediaState.FAILED.value, tries=row.tries + 1, due_at=due_at)


def _change(tx: Tx, row_id: int, **values: Any) -> bool:
    return bool(tx.execute(sa.update(kept_media).where(kept_media.c.id == row_id).values(**values)).rowcount)


def _hash(purpose: MediaPurpose, url: str) -> str:
    return hashlib.sha256(f"{purpose.value} {url}".encode()).hexdigest()
