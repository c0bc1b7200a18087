# SPDX-License-Identifier: AGPL-3.0-or-later
"""Followers compared (FEP-8fcf): an author's server says who of ours follows her, and what differs is put right."""

from appliance.fediverse.activitypub import known, outgoing, reading, synchronisation
from appliance.fediverse.activitypub.asking import collections
from appliance.fediverse.activitypub.fetch import Fetcher
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.model import FollowState
from appliance.fediverse.services import accounts, follows

MAX_FOLLOWERS = 10_000  # of one author, on one instance
PAGES = 100


def run(context: Context, subject: str) -> None:
    """Raises HearthError when the author's server cannot be asked."""
    account_id, _, url = subject.partition(" ")
    with context.database.read() as tx:
        author = accounts.by_id(tx, int(account_id))
    if author is None or author.uri is None or not reading.same_origin(url, author.uri):
        return
    urls = context.urls()
    fetcher = Fetcher(context.net, context.database, context.clock, urls)
    found = collections.items(fetcher, url, author.uri, pages=PAGES, limit=MAX_FOLLOWERS)
    listed = {uri for item in found if (uri := reading.uri(item)) is not None and urls.is_ours(uri)}
    with context.database.write() as tx:
        _agree(tx, context, author.id, listed)


def _agree(tx: Tx, context: Context, author_id: int, listed: set[str]) -> None:
    urls = context.urls()
    here = synchronisation.followers_here(tx, urls, author_id)
    for uri, follower_id in here.items():
        if uri not in listed:
            follows.unfollow(tx, urls, follower_id, author_id)
    for uri in listed - here.keys():
        member = known.local_account(tx, urls, uri)
        if member is None:
            continue
        follow = follows.find(tx, member.id, author_id)
        if follow is not None and follow.state == FollowState.PENDING.value:
            follows.accept(tx, urls, author_id, member.id)
        elif follow is None:
            outgoing.stray_follow(tx, urls, member.id, author_id)
