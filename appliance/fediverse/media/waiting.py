# SPDX-License-Identifier: AGPL-3.0-or-later
"""Waiting, for a moment, until the companion has worked on something: most pictures are done within one.

Whoever waits keeps a thread, so only a few of a process do; the others are told at once how far it is.
"""

import sqlalchemy as sa

from appliance.fediverse.context import Context
from appliance.fediverse.db.tables import media
from appliance.fediverse.model import MediaState

_PAUSE = 0.05
_UNDONE = (MediaState.WAITING, MediaState.WORKING)
_STATE = sa.select(media.c.state).where(media.c.id == sa.bindparam("id"))


def wait(context: Context, media_id: int, seconds: float) -> bool:
    """Return when it is ready or has failed, and at the latest when the time is up, or at once where enough wait
    already: false for what has failed.

    Never inside a transaction that has read already.
    """
    if not context.waits.acquire(blocking=False):
        return _state(context, media_id) is not MediaState.FAILED
    try:
        deadline = context.clock.monotonic() + seconds
        while (state := _state(context, media_id)) in _UNDONE and context.clock.monotonic() < deadline:
            context.clock.sleep(_PAUSE)
        return state is not MediaState.FAILED
    finally:
        context.waits.release()


def _state(context: Context, media_id: int) -> MediaState | None:
    with context.database.read() as tx:
        row = tx.one(_STATE, {"id": media_id})
    return None if row is None else MediaState(row.state)
