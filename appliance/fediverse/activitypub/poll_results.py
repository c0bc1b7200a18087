# SPDX-License-Identifier: AGPL-3.0-or-later
"""How polls of other servers stand, asked anew when a member looks, once a minute at most."""

import contextlib
from datetime import timedelta

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.activitypub import notes
from appliance.fediverse.activitypub.fetch import SECONDS_IN_INBOX, Fetcher
from appliance.fediverse.context import Context
from appliance.fediverse.db.tables import accounts, polls, statuses
from appliance.fediverse.services.polls import store_remote
from appliance.system.clock import milliseconds

FRESH = timedelta(minutes=1)
_REMOTE = (
    sa.select(polls, statuses.c.uri, accounts.c.uri.label("author_uri"), accounts.c.followers_uri)
    .join(statuses, statuses.c.id == polls.c.status_id)
    .join(accounts, accounts.c.id == statuses.c.account_id)
    .where(polls.c.id == sa.bindparam("id"), statuses.c.uri.is_not(None))
)


def refresh(context: Context, poll_id: int) -> None:
    """Nothing happens for polls of ours, and where the other server does not answer. Never inside a transaction."""
    with context.database.read() as tx:
        row = tx.one(_REMOTE, {"id": poll_id})
        now = tx.now_ms
    if row is None or (row.fetched_at or 0) > now - FRESH // timedelta(milliseconds=1):
        return
    if row.expires_at is not None and row.expires_at < (row.fetched_at or 0):
        return  # it stands as it stood when it was over
    with context.database.write() as tx:  # first, so that a server that is down is not asked by everybody
        tx.execute(sa.update(polls).where(polls.c.id == poll_id).values(fetched_at=tx.now_ms))
    fetcher = Fetcher(context.net, context.database, context.clock, context.urls(), seconds=SECONDS_IN_INBOX)
    with contextlib.suppress(HearthError):
        note = notes.read(fetcher.document(row.uri), row.followers_uri, milliseconds(context.clock.now()))
        if note.uri == row.uri and note.author == row.author_uri and note.poll is not None:
            with context.database.write() as tx:
                store_remote(tx, row.status_id, note.poll)
