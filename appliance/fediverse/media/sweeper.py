# SPDX-License-Identifier: AGPL-3.0-or-later
"""The companion's task that keeps the disk from filling: in small steps, with pauses, and never by members' own things.

Rows go before their files, so no row ever names what is not there; what a power cut leaves between is found by the
round through all folders.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.companion.tasks import Turns
from appliance.fediverse.context import Context
from appliance.fediverse.db.ids import floor
from appliance.fediverse.db.tables import kept_media, media
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.media import usage
from appliance.fediverse.media.store import Shelf
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.usage import UsageNote
from appliance.fediverse.model import MediaState
from appliance.fediverse.services import housekeeping, leftovers, pruning
from appliance.system.clock import milliseconds

STEP = 50
PAUSE_SECONDS = 60.0
STEP_SECONDS = 1.0
FULL_SECONDS = 15.0
PARTS = 256
MEASURE_SECONDS = 600.0
# A file may be there before its row, and a database restored from a copy may know less than the disk has.
STRAY_AGE = {Shelf.FILES: timedelta(days=7), Shelf.KEPT: timedelta(hours=1)}
UPLOAD_AGE = timedelta(days=1)
ROUND = timedelta(days=1)
_LOOSE = (
    sa.select(media)
    .where(sa.text("status_id IS NULL"), media.c.keep_until < sa.bindparam("now"))
    .order_by(media.c.keep_until)
    .limit(STEP)
)
_OLDEST = sa.select(kept_media).order_by(kept_media.c.last_used_at).limit(STEP)


log = logging.getLogger(__name__)


class Sweeper(Turns):
    topics = frozenset({Topic.MEDIA})

    def __init__(self, context: Context, note: UsageNote, strength: Strength) -> None:
        super().__init__()
        self._context = context
        self._note = note
        self._strength = strength
        self._part = 0
        self._post = 0
        self._account = 0
        self._leftover = 0
        self._after: Any = None
        self._rested_at: float | None = None
        self._measured_at: float | None = None

    async def turn(self) -> float:
        if not self._strength.is_good():
            return PAUSE_SECONDS
        try:
            more = await asyncio.to_thread(self.sweep)
        except (HearthError, OSError) as error:
            log.warning("no room could be made now: %s", error)
            return FULL_SECONDS
        return STEP_SECONDS if more else PAUSE_SECONDS

    def sweep(self) -> bool:
        """One step of everything; whether there is more to do soon."""
        # First what can be done even when there is no room left to note it.
        more = [self.let_kept_media_go(), self.let_loose_media_go(), self.prune()]
        self.find_strays()
        self._measure()
        return any(more)

    def let_loose_media_go(self) -> bool:
        """Uploads that no post came for, and what hung on posts that are gone."""
        with self._context.database.read() as tx:
            if not tx.exists(_LOOSE, {"now": tx.now_ms}):
                return False
        with self._context.database.write() as tx:
            rows = tx.all(_LOOSE, {"now": tx.now_ms})
            tx.execute(sa.delete(media).where(media.c.id.in_([row.id for row in rows])))
        store = self._context.store
        for row in rows:
            store.remove(Shelf.FILES, row.file, row.small)
            store.forget(row.source, row.thumbnail_source)
        return len(rows) == STEP

    def let_kept_media_go(self) -> bool:
        """Other servers' media: too old, over the budget, or in the way. Those unused for longest go first."""
        store = self._context.store
        with self._context.database.read() as tx:
            rules, total, rows = housekeeping.get(tx), usage.kept_bytes(tx), tx.all(_OLDEST)
            now = tx.now_ms
        missing = max(0, rules.free_floor - store.free_bytes())
        excess = max(total - rules.kept_media, min(missing, total))
        gone = []
        for row in rows:
            if excess <= 0 and row.last_used_at >= now - rules.kept_media_age:
                break
            if row.state in (MediaState.WAITING.value, MediaState.WORKING.value) and excess > 0:
                continue
            excess -= row.bytes
            gone.append(row)
        if gone:
            self._forget(gone)
        for row in gone:
            store.remove(Shelf.KEPT, row.file, row.small)
        return bool(gone) and (excess > 0 or len(gone) == STEP)

    def _forget(self, rows: "list[sa.Row[Any]]") -> None:
        """On a disk so full that nothing can be written the files go all the same: rows without one are mended."""
        try:
            with self._context.database.write() as tx:
                tx.execute(sa.delete(kept_media).where(kept_media.c.id.in_([row.id for row in rows])))
        except HearthError as error:
            if error.key != "disk-full":
                raise

    def prune(self) -> bool:
        """Posts, then what is left over, then people; once a day through all of them."""
        clock = self._context.clock
        if not clock.trusted():
            return False
        if self._rested_at is not None and clock.monotonic() < self._rested_at + ROUND.total_seconds():
            return False
        with self._context.database.read() as tx:
            age = timedelta(milliseconds=housekeeping.get(tx).remote_posts_age)
            before = milliseconds(tx.now - age)
            ids = pruning.some(tx, self._post, floor(tx.now - age))
        if ids:
            with self._context.database.write() as tx:
                pruning.prune(tx, ids)
            self._post = ids[-1]
            return True
        if self._leftover < len(leftovers.KINDS):
            self._let_leftovers_go(leftovers.KINDS[self._leftover], age)
            return True
        with self._context.database.read() as tx:
            people = pruning.forgotten_accounts(tx, self._account, before)
        if people:
            with self._context.database.write() as tx:
                pruning.remove_accounts(tx, people)
            self._account = people[-1]
            return True
        self._post = self._account = self._leftover = 0
        self._rested_at = clock.monotonic()
        return False

    def _let_leftovers_go(self, kind: leftovers.Kind, age: timedelta) -> None:
        with self._context.database.read() as tx:
            found = kind.look(tx, kind.start if self._after is None else self._after, age)
        if found.gone:
            with self._context.database.write() as tx:
                kind.remove(tx, found.gone)
        self._after = found.after
        self._leftover += found.after is None

    def find_strays(self) -> None:
        """Files that no row names, in one of the 256 parts of each shelf."""
        store, now = self._context.store, self._context.clock.now()
        part = f"{self._part:02x}"
        self._part = (self._part + 1) % PARTS
        for shelf, table in ((Shelf.FILES, media), (Shelf.KEPT, kept_media)):
            old = (now - STRAY_AGE[shelf]).timestamp()
            names = {name for name, written in store.names(shelf, part) if written < old}
            store.remove(shelf, *(names - self._named((table.c.file, table.c.small), names)))
        old = (now - UPLOAD_AGE).timestamp()
        uploads = {name for name, written in store.uploads() if written < old}
        store.forget(*(uploads - self._named((media.c.source, media.c.thumbnail_source), uploads)))

    def _named(self, columns: "tuple[sa.Column[str], ...]", names: set[str]) -> set[str]:
        if not names:
            return set()
        with self._context.database.read() as tx:
            return {row[0] for column in columns for row in tx.all(sa.select(column).where(column.in_(names)))}

    def _measure(self) -> None:
        now = self._context.clock.monotonic()
        if self._measured_at is not None and now < self._measured_at + MEASURE_SECONDS:
            return
        self._measured_at = now
        folder = self._context.config.fediverse_state
        database = sum(path.stat().st_size for path in folder.glob("database.sqlite*"))
        with self._context.database.read() as tx:
            self._note.latest = usage.measure(tx, database, housekeeping.get(tx).kept_media)
