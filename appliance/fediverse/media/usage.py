# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is kept, and what it costs: measured now and then, told to whoever asks."""

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, kept_media, media, statuses
from appliance.fediverse.protocol import Usage

_SIZE = sa.func.coalesce


class UsageNote:
    """The latest measurement, which one task writes and others read."""

    def __init__(self) -> None:
        self.latest = Usage()


def kept_bytes(tx: Tx) -> int:
    return int(tx.execute(sa.select(_SIZE(sa.func.sum(kept_media.c.bytes), 0))).scalar_one())


def measure(tx: Tx, database: int, most: int) -> Usage:
    """Takes a while on a large instance: for seldom. `database` is the size of its files, if it has any."""
    if tx.connection.dialect.name == "postgresql":
        database = int(tx.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one())
    own = sa.select(_SIZE(sa.func.sum(media.c.bytes), 0))
    posts = sa.select(sa.func.count()).select_from(statuses).where(sa.not_(statuses.c.local))
    people = sa.select(sa.func.count()).select_from(accounts).where(accounts.c.domain != "")
    return Usage(
        own_media=int(tx.execute(own).scalar_one()),
        kept_media=kept_bytes(tx),
        kept_media_most=most,
        database=database,
        remote_posts=int(tx.execute(posts).scalar_one()),
        remote_accounts=int(tx.execute(people).scalar_one()),
    )
