# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody elsewhere pinned, read from the collection `featured` once a member follows them."""

import contextlib

from appliance.errors import HearthError
from appliance.fediverse.activitypub import reading
from appliance.fediverse.activitypub.asking import collections
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.context import Context
from appliance.fediverse.services import accounts, pins

MOST = 5
SECONDS = 60.0


def run(context: Context, subject: str) -> None:
    """Raises HearthError when the account's server cannot be asked."""
    with context.database.read() as tx:
        account = accounts.by_id(tx, int(subject))
    if account is None or account.uri is None or account.featured_uri is None:
        return
    resolver = Resolver(context, seconds=SECONDS)
    found = []
    for item in collections.items(resolver.fetcher, account.featured_uri, account.uri, pages=1, limit=MOST):
        uri = reading.uri(item)
        if uri is not None and reading.same_origin(uri, account.uri):
            with contextlib.suppress(HearthError):
                found.append(resolver.status(uri, parents=0))
    with context.database.write() as tx:
        for status_id in reversed(found):  # the one pinned last comes first there, and is to be newest here
            pins.receive_add(tx, account.id, status_id)
