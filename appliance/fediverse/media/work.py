# SPDX-License-Identifier: AGPL-3.0-or-later
"""One upload after the other is worked on, and what comes of it stands in the database. Blocks: for a thread.

An upload is marked before it is begun. What a power cut interrupted is begun anew, but what brings the box down
each time is given up after a few tries.
"""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from appliance.errors import HearthError, Unavailable
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import media
from appliance.fediverse.media import film
from appliance.fediverse.media.store import Shelf, Store
from appliance.fediverse.media.workshop import INTERRUPTED, Made, Workshop, unfit
from appliance.fediverse.model import MediaKind, MediaPurpose, MediaState
from appliance.fediverse.services import emojis, profile_pictures
from appliance.fediverse.services.attachments import sizes

MAX_TRIES = 3
_UNDONE = media.c.state.in_((MediaState.WAITING.value, MediaState.WORKING.value))
_NEXT = (
    sa.select(media)
    .where(sa.text("state IN ('waiting', 'working')"), media.c.kind.in_(sa.bindparam("kinds", expanding=True)))
    .order_by(media.c.id)
    .limit(1)
)
PICTURES = (MediaKind.IMAGE, MediaKind.GIFV)
FILMS = (MediaKind.VIDEO, MediaKind.AUDIO)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """New values of the row, and the files they name."""

    values: dict[str, Any]
    files: tuple[str, ...] = field(default=())


def work_on_next(context: Context, workshop: Workshop, kinds: tuple[MediaKind, ...] = (*PICTURES, *FILMS)) -> bool:
    """Work on what of these kinds has waited longest; false if nothing waits. Raises Unavailable: try it later."""
    with context.database.read() as tx:
        if not tx.exists(_NEXT, {"kinds": [kind.value for kind in kinds]}):
            return False
    with context.database.write() as tx:
        row = _begin(tx, kinds)
    if row is None:
        return False
    store = context.store
    folder = None
    try:
        folder = store.workplace()
        outcome = _work(store, workshop, row, folder)
    except HearthError as error:
        if error.status >= 500:
            # What was interrupted counts as tried: perhaps it is what brought us down.
            _put_back(context, row, row.tries + (error.key == INTERRUPTED))
            raise Unavailable(error.key, error.sentence) from error
        outcome = Outcome({"state": MediaState.FAILED.value})
    finally:
        store.clear(folder)
    with context.database.write() as tx:
        kept = _finish(tx, context, row, outcome)
    if kept:
        store.remove(Shelf.FILES, *_replaced(row, outcome))
    else:
        store.remove(Shelf.FILES, *outcome.files)
    store.forget(row.source, row.thumbnail_source)
    return True


def _begin(tx: Tx, kinds: tuple[MediaKind, ...]) -> "sa.Row[Any] | None":
    while (row := tx.one(_NEXT, {"kinds": [kind.value for kind in kinds]})) is not None:
        given_up = row.tries >= MAX_TRIES
        state = MediaState.FAILED if given_up else MediaState.WORKING
        tx.execute(sa.update(media).where(media.c.id == row.id).values(state=state.value, tries=row.tries + 1))
        if not given_up:
            return row
        log.warning("an upload was given up after %d tries", row.tries)
    return None


def _put_back(context: Context, row: "sa.Row[Any]", tries: int) -> None:
    with context.database.write() as tx:
        mine = sa.and_(media.c.id == row.id, _UNDONE)
        tx.execute(sa.update(media).where(mine).values(state=MediaState.WAITING.value, tries=tries))


def _work(store: Store, workshop: Workshop, row: "sa.Row[Any]", folder: Path) -> Outcome:
    values: dict[str, Any] = {"state": MediaState.READY.value, "source": None, "thumbnail_source": None}
    meta = dict(row.meta)
    small: Made | None = None
    if row.source is not None:
        kind, original, ending, told, small = _original(store, workshop, row, folder)
        values |= {"kind": kind.value, "file": store.keep(Shelf.FILES, original, ending)}
        values["blurhash"] = small.blurhash if small else None
        meta |= told
    if row.thumbnail_source is not None:
        place = store.workplace()
        try:
            small = workshop.picture(store.incoming(row.thumbnail_source), place, MediaPurpose.CARD)
            values["small"] = store.keep(Shelf.FILES, small.small, small.small_ending)
        finally:
            store.clear(place)
        values["blurhash"] = small.blurhash
    elif small is not None:
        values["small"] = store.keep(Shelf.FILES, small.small, small.small_ending)
    if small is not None:
        meta |= {"small": sizes(small.small_width, small.small_height)}
    values["meta"] = meta
    files = tuple(str(values[name]) for name in ("file", "small") if values.get(name))
    values["bytes"] = store.size(Shelf.FILES, values.get("file", row.file), values.get("small", row.small))
    return Outcome(values, files)


def _original(
    store: Store, workshop: Workshop, row: "sa.Row[Any]", folder: Path
) -> tuple[MediaKind, Path, str, dict[str, Any], Made | None]:
    """What it is, the finished file and how its name ends, what `meta` tells of it, and a picture for the small one."""
    upload = store.upload(row.source) if store.incoming(row.source).exists() else None
    if upload is None:
        raise unfit()
    source, films = store.incoming(row.source), film.installed()
    if upload.file_type.kind is MediaKind.IMAGE:
        made = workshop.picture(source, folder, MediaPurpose(row.purpose), movement=not films)
        if not (made.moving and films):
            return MediaKind.IMAGE, made.original, made.ending, {"original": sizes(made.width, made.height)}, made
        shown = workshop.film(source, store.inside(folder))
        return MediaKind.GIFV, shown.original, shown.ending, shown.meta, made
    if not films:
        raise film.missing()
    shown = workshop.film(source, folder)
    return shown.kind, shown.original, shown.ending, shown.meta, shown.still


def _finish(tx: Tx, context: Context, row: "sa.Row[Any]", outcome: Outcome) -> bool:
    """False if it was deleted meanwhile."""
    done = tx.execute(sa.update(media).where(media.c.id == row.id).values(**outcome.values))
    if not done.rowcount:
        return False
    purpose = MediaPurpose(row.purpose)
    if outcome.files and purpose is MediaPurpose.EMOJI:
        emojis.put(tx, row, outcome.values["file"], outcome.values.get("small"))
    elif outcome.files and purpose is not MediaPurpose.ATTACHMENT:
        profile_pictures.put(tx, context.urls(), row.account_id, purpose, row.id, outcome.values["file"])
    return True


def _replaced(row: "sa.Row[Any]", outcome: Outcome) -> list[str]:
    old = {name: getattr(row, name) for name in ("file", "small")}
    return [value for name, value in old.items() if value and outcome.values.get(name, value) != value]
