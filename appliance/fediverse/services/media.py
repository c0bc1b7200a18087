# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members' pictures, films and sounds, from the upload to the status: https://docs.joinmastodon.org/methods/media/"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput, HearthError
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import media
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.media import limits
from appliance.fediverse.media.kinds import TYPES
from appliance.fediverse.model import MediaKind, MediaPurpose, MediaState
from appliance.fediverse.services import attachments
from appliance.fediverse.services.attachments import Attachment
from appliance.fediverse.services.missing import missing
from appliance.system.clock import milliseconds

KEEP = timedelta(days=1)
_BY_ID = sa.select(media).where(media.c.id == sa.bindparam("id"))
_OF_STATUS = sa.select(media).where(media.c.status_id == sa.bindparam("status_id"))
_LOOSE = sa.select(sa.func.count()).where(
    media.c.account_id == sa.bindparam("account_id"),
    media.c.status_id.is_(None),
    media.c.purpose == MediaPurpose.ATTACHMENT.value,
)
Focus = tuple[float, float]


@dataclass(frozen=True)
class NewMedia:
    """`source` and `thumbnail_source` are names of uploads in the store."""

    kind: MediaKind
    source: str
    purpose: MediaPurpose = MediaPurpose.ATTACHMENT
    thumbnail_source: str | None = None
    description: str = ""
    focus: Focus | None = None


@dataclass(frozen=True)
class Change:
    """What to change of media that belong to no status yet, or by an edit of their status; None leaves a thing."""

    description: str | None = None
    focus: Focus | None = None
    thumbnail_source: str | None = None


def create(tx: Tx, account_id: int, new: NewMedia) -> int:
    """Take an upload in; the companion works on it next. Raises BadInput, HearthError too-many."""
    _check(new.description)
    if tx.execute(_LOOSE, {"account_id": account_id}).scalar_one() >= limits.LOOSE:
        raise HearthError("too-many", "Too many files wait to be posted", "Post or delete some first.", status=429)
    media_id = tx.next_id()
    tx.execute(
        sa.insert(media).values(
            id=media_id,
            account_id=account_id,
            purpose=new.purpose.value,
            state=MediaState.WAITING.value,
            kind=new.kind.value,
            source=new.source,
            thumbnail_source=new.thumbnail_source,
            meta=_with_focus({}, new.focus),
            description=new.description,
            created_at=tx.now_ms,
            keep_until=keep_until(tx),
        )
    )
    tx.topics.add(Topic.MEDIA)
    return media_id


def keep_until(tx: Tx) -> int:
    """Until when media without a status are kept."""
    return milliseconds(tx.now + KEEP)


def own(tx: Tx, account_id: int, media_id: int) -> sa.Row[Any]:
    """One's own attachment. Raises HearthError not-found, also for other people's."""
    row = tx.one(_BY_ID, {"id": media_id})
    if row is None or row.account_id != account_id or row.purpose != MediaPurpose.ATTACHMENT.value:
        raise missing()
    return row


def loose(tx: Tx, account_id: int, media_id: int) -> sa.Row[Any]:
    """One's own that belongs to no status yet. Raises HearthError not-found."""
    row = own(tx, account_id, media_id)
    if row.status_id is not None:
        raise missing()
    return row


def change(tx: Tx, account_id: int, media_id: int, wanted: Change) -> None:
    """Raises HearthError not-found, BadInput."""
    row = loose(tx, account_id, media_id)
    if wanted.description is not None:
        _check(wanted.description)
    values: dict[str, Any] = {
        "description": row.description if wanted.description is None else wanted.description,
        "meta": _with_focus(row.meta, wanted.focus),
    }
    if wanted.thumbnail_source is not None:
        values |= {"thumbnail_source": wanted.thumbnail_source, "state": MediaState.WAITING.value, "tries": 0}
        tx.topics.add(Topic.MEDIA)
    tx.execute(sa.update(media).where(media.c.id == media_id).values(**values))


def delete(tx: Tx, account_id: int, media_id: int) -> None:
    """Raises HearthError not-found, media-in-use. The files go when nobody can be shown them any more."""
    row = own(tx, account_id, media_id)
    if row.status_id is not None:
        raise HearthError("media-in-use", "Media attachment is currently used by a status", status=422)
    give_up(tx, [media_id])


def give_up(tx: Tx, ids: Sequence[int]) -> None:
    """Let them be swept away at the next opportunity."""
    tx.execute(sa.update(media).where(media.c.id.in_(ids)).values(keep_until=0, status_id=None))
    tx.topics.add(Topic.MEDIA)


def hold(tx: Tx, account_id: int, ids: Sequence[int], until: int) -> None:
    """Keep what a later status will show, at least so long."""
    if ids:
        mine = media.c.id.in_(ids), media.c.account_id == account_id
        tx.execute(sa.update(media).where(*mine).values(keep_until=until + KEEP // timedelta(milliseconds=1)))


def shown(tx: Tx, account_id: int, ids: Sequence[int]) -> dict[int, Attachment]:
    """One's own by id, as they will be shown."""
    rows = tx.all(sa.select(media).where(media.c.id.in_(ids), media.c.account_id == account_id)) if ids else []
    return {row.id: shown_as(row) for row in rows}


def check(
    tx: Tx, account_id: int, ids: Sequence[int], status_id: int | None = None, *, alone: bool = True
) -> list[sa.Row[Any]]:
    """The rows in the order asked for, if a status (the one with `status_id`, or a new one) may show them.

    `alone` is false where there is a poll. Raises BadInput: more than four, a film among pictures, not ready, of
    somebody else or of another status.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    if len(wanted) > limits.ATTACHMENTS or not alone:
        raise BadInput("Validation failed: Cannot attach more than 4 files", "")
    rows = {row.id: row for row in tx.all(sa.select(media).where(media.c.id.in_(wanted)))}
    found = [rows[each] for each in wanted if each in rows]
    fits = len(found) == len(wanted) and all(
        row.account_id == account_id
        and row.purpose == MediaPurpose.ATTACHMENT.value
        and row.status_id in (None, status_id)
        for row in found
    )
    if not fits:
        raise BadInput("Validation failed: Media attachments could not be found", "")
    if any(row.state != MediaState.READY.value for row in found):
        raise BadInput("Cannot attach files that have not finished processing. Try again in a moment!", "")
    if len(found) > 1 and any(row.kind in (MediaKind.VIDEO.value, MediaKind.AUDIO.value) for row in found):
        raise BadInput("Validation failed: Cannot attach a video to a post that already contains images", "")
    return found


def attach(tx: Tx, rows: Sequence[sa.Row[Any]], status_id: int) -> None:
    """What `check` returned belongs to the status from now on; of an edited one, what it had before no longer does."""
    ids = [row.id for row in rows]
    gone = media.c.status_id == status_id, media.c.id.not_in(ids)
    tx.execute(sa.update(media).where(*gone).values(status_id=None, keep_until=keep_until(tx)))
    if ids:
        tx.execute(sa.update(media).where(media.c.id.in_(ids)).values(status_id=status_id))


def detach(tx: Tx, status_id: int) -> None:
    """Before a status goes: its media may be posted anew within a day."""
    tx.execute(sa.update(media).where(media.c.status_id == status_id).values(status_id=None, keep_until=keep_until(tx)))


def discard(tx: Tx, status_id: int) -> None:
    """Before a status goes: its media go with it."""
    if ids := [row.id for row in tx.all(_OF_STATUS, {"status_id": status_id})]:
        give_up(tx, ids)


def edited(tx: Tx, rows: Sequence[sa.Row[Any]], changes: Mapping[int, Change]) -> list[Attachment]:
    """What hangs on a status by these rows, with new descriptions and focus points, by media id. Raises BadInput."""
    shown = []
    for row in rows:
        wanted = changes.get(row.id, Change())
        made = shown_as(row)
        if wanted.description is not None or wanted.focus is not None:
            _check(wanted.description or "")
            description = row.description if wanted.description is None else wanted.description
            made = replace(made, description=description, meta=_with_focus(row.meta, wanted.focus))
            values = {"description": made.description, "meta": made.meta}
            tx.execute(sa.update(media).where(media.c.id == row.id).values(**values))
        shown.append(made)
    return shown


def shown_as(row: sa.Row[Any]) -> Attachment:
    return attachments.of_media(row, TYPES.get((row.file or "").rpartition(".")[2], ""))


def _check(description: str) -> None:
    if len(description) > limits.DESCRIPTION:
        raise BadInput(f"Validation failed: Description is too long (maximum is {limits.DESCRIPTION} characters)", "")


def _with_focus(meta: dict[str, Any], focus: Focus | None) -> dict[str, Any]:
    return meta if focus is None else meta | {"focus": {"x": focus[0], "y": focus[1]}}
