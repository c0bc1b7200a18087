# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members' avatars and headers. A member's account has the name of the file where others' have an address."""

import sqlalchemy as sa

from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, media
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.model import MediaPurpose
from appliance.fediverse.urls import Urls

_COLUMNS = {MediaPurpose.AVATAR: "avatar_url", MediaPurpose.HEADER: "header_url"}
_FOR_EVER = 2**62


def put(tx: Tx, urls: Urls, account_id: int, purpose: MediaPurpose, media_id: int, file: str) -> None:
    """Show a finished picture instead of the one before."""
    _let_go(tx, account_id, purpose, but=media_id)
    tx.execute(sa.update(media).where(media.c.id == media_id).values(keep_until=_FOR_EVER))
    _show(tx, urls, account_id, purpose, file)


def remove(tx: Tx, urls: Urls, account_id: int, purpose: MediaPurpose) -> None:
    """Nothing happens if there is none."""
    _let_go(tx, account_id, purpose)
    _show(tx, urls, account_id, purpose, None)


def _show(tx: Tx, urls: Urls, account_id: int, purpose: MediaPurpose, file: str | None) -> None:
    column = accounts.c[_COLUMNS[purpose]]
    changed = tx.execute(
        sa.update(accounts)
        .where(accounts.c.id == account_id, column.is_distinct_from(file))
        .values({_COLUMNS[purpose]: file})
    )
    if changed.rowcount:
        outgoing.profile_updated(tx, urls, account_id)


def _let_go(tx: Tx, account_id: int, purpose: MediaPurpose, but: int = 0) -> None:
    mine = media.c.account_id == account_id, media.c.purpose == purpose.value, media.c.id != but
    tx.execute(sa.update(media).where(*mine).values(keep_until=0))
    tx.topics.add(Topic.MEDIA)
