# SPDX-License-Identifier: AGPL-3.0-or-later
"""A status of ours by its address, as other servers may see it."""

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.activitypub.asked import member
from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import statuses, tombstones
from appliance.fediverse.services.visibility import OPEN
from appliance.fediverse.urls import Urls


class Gone(HearthError):
    """It was here, and what stands in its place has this URI."""

    def __init__(self, uri: str) -> None:
        super().__init__("gone", "This post was deleted.", status=410)
        self.uri = uri


def local_status(tx: Tx, urls: Urls, username: str, status_id: int) -> tuple[Row, Row]:
    """Author and status. Raises HearthError 404, also for what is not public, and Gone."""
    author = member(tx, username)
    mine = sa.and_(statuses.c.id == status_id, statuses.c.account_id == author.id, statuses.c.visibility.in_(OPEN))
    row = tx.one(sa.select(statuses).where(mine)) if status_id < 2**63 else None
    if row is not None:
        return author, row
    if tx.exists(sa.select(tombstones.c.uri).where(tombstones.c.uri == f"local:{status_id}")):
        raise Gone(urls.status(author.username, status_id))
    raise HearthError("not-found", "There is no such post here.", status=404)
