# SPDX-License-Identifier: AGPL-3.0-or-later
"""A move checked at its other end: the old account said, signed, where it went; the new one must name the old."""

from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.context import Context
from appliance.fediverse.services import accounts, moving_along


def run(context: Context, subject: str) -> None:
    """Raises HearthError when the new account's server cannot be asked."""
    account_id, _, target_uri = subject.partition(" ")
    with context.database.read() as tx:
        old = accounts.by_id(tx, int(account_id))
    if old is None or old.uri is None:
        return
    target = Resolver(context).alias_of(target_uri, old.uri)
    if target is not None:
        with context.database.write() as tx:
            moving_along.move(tx, context.urls(), old.id, target.id)
