# SPDX-License-Identifier: AGPL-3.0-or-later
"""A member's new key, for when somebody else may have seen the old one. Other servers are told at once."""

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts
from appliance.fediverse.services.accounts import find_local
from appliance.fediverse.services.keys import KeyPair
from appliance.fediverse.urls import Urls


def replace(tx: Tx, urls: Urls, username: str, keys: KeyPair) -> None:
    """Raises HearthError unknown-member. Keys take long to make, so bring one along."""
    row = find_local(tx, username)
    if row is None:
        raise HearthError("unknown-member", "Nobody here is called so.", "Check the name.", status=404)
    values = {"public_key": keys.public, "private_key": keys.private.reveal()}
    tx.execute(sa.update(accounts).where(accounts.c.id == row.id).values(**values))
    outgoing.key_changed(tx, urls, row.id, row.private_key)
