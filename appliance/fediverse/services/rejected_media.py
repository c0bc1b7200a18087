# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures and other files of servers whose media are not wanted: taken out, and not taken in."""

from collections.abc import Sequence

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, kept_media, statuses
from appliance.fediverse.model import MediaState
from appliance.fediverse.services import server_policy
from appliance.fediverse.services.attachments import Attachment

_DOMAIN = sa.select(accounts.c.domain).where(accounts.c.id == sa.bindparam("id", type_=sa.BigInteger))


def wanted(tx: Tx, author_id: int, attachments: Sequence[Attachment]) -> Sequence[Attachment]:
    """Those that the posts of this account may have."""
    if not attachments:
        return ()
    domain = tx.execute(_DOMAIN, {"id": author_id}).scalar_one()
    return () if server_policy.rejects_media(tx, domain) else attachments


def drop(tx: Tx, of: "sa.ColumnElement[bool]", domain: str) -> None:
    """`of` says of rows of `accounts` whether they are meant. Files that are kept go when the companion sweeps next."""
    theirs = sa.select(accounts.c.id).where(of)
    tx.execute(sa.update(statuses).where(statuses.c.account_id.in_(theirs), _has_attachments()).values(attachments=[]))
    tx.execute(sa.update(accounts).where(of).values(avatar_url=None, header_url=None))
    host = domain.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
    lies_there = sa.or_(
        *(
            kept_media.c.remote_url.like(pattern, escape="\\")
            for pattern in (f"https://{host}/%", f"https://%.{host}/%")
        )
    )
    ready = kept_media.c.state == MediaState.READY.value
    tx.execute(sa.update(kept_media).where(lies_there, ready).values(last_used_at=0))


def _has_attachments() -> "sa.ColumnElement[bool]":
    return sa.cast(statuses.c.attachments, sa.String) != "[]"
