# SPDX-License-Identifier: AGPL-3.0-or-later
"""A thread that somebody here looks at: what its post answers, and what answers it, fetched if it is not here."""

import contextlib

from appliance.errors import HearthError
from appliance.fediverse.activitypub import known, notes, reading
from appliance.fediverse.activitypub.asking import collections
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.context import Context
from appliance.fediverse.services import accounts, statuses, threads
from appliance.system.clock import milliseconds

ANCESTORS = 20
REPLIES = 50
PAGES = 5
BETWEEN = 3  # how far up from a reply to the thread, if what lies between is unknown too
SECONDS = 120.0


def run(context: Context, subject: str) -> None:
    """Raises HearthError when the post's server cannot be asked."""
    with context.database.read() as tx:
        status = statuses.by_id(tx, int(subject))
        author = accounts.by_id(tx, status.account_id) if status is not None else None
    if status is None or author is None or status.uri is None or status.boost_of_id is not None:
        return
    resolver = Resolver(context, seconds=SECONDS)
    document = resolver.fetcher.document(status.uri)
    note = notes.read(document, author.followers_uri, milliseconds(context.clock.now()))
    if note.author != author.uri:
        return
    if status.in_reply_to_id is None and note.parent is not None:
        _join(context, resolver, status.id, note.parent)
    _fetch_replies(context, resolver, document)


def _join(context: Context, resolver: Resolver, status_id: int, parent: str) -> None:
    with contextlib.suppress(HearthError):
        parent_id = resolver.status(parent, parents=ANCESTORS)
        with context.database.write() as tx:
            threads.join(tx, status_id, parent_id)


def _fetch_replies(context: Context, resolver: Resolver, document: Document) -> None:
    home = str(document["id"])
    for item in collections.items(resolver.fetcher, document.get("replies"), home, pages=PAGES, limit=REPLIES):
        uri = reading.uri(item)
        if uri is None or _is_known(context, uri):
            continue
        with contextlib.suppress(HearthError):
            resolver.status(uri, parents=BETWEEN)


def _is_known(context: Context, uri: str) -> bool:
    urls = context.urls()
    with context.database.read() as tx:
        return urls.is_ours(uri) or known.status_id(tx, urls, uri) is not None
