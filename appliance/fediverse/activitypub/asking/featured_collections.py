# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of accounts of elsewhere, read from their servers, and who in them agreed, from each one's own."""

import contextlib

from appliance.errors import HearthError
from appliance.fediverse.activitypub import featured_collections, known, reading
from appliance.fediverse.activitypub.asking import collections
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.activitypub.featured_collections import Item
from appliance.fediverse.activitypub.fetch import Gone
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.context import Context
from appliance.fediverse.services import accounts, remote_collections
from appliance.fediverse.services import collections as stored
from appliance.fediverse.services.remote import Approval, RemoteItem, RemoteItems
from appliance.system.guard import NetError

PAGES = 3
SECONDS = 60.0
MOST_IN_VAIN = 25  # of one collection: each has a server to be asked, which its owner chose
_AGAIN = 7 * 24 * 3600 * 1000  # who agreed may have taken it back, and nobody told us


def run(context: Context, subject: str) -> None:
    """A collection and all who are in it, or that its server has it no more. Raises HearthError when that cannot be
    asked."""
    collection_id = int(subject)
    with context.database.read() as tx:
        row = stored.by_ids(tx, [collection_id]).get(collection_id)
        owner = accounts.by_id(tx, row.account_id) if row is not None else None
    if row is None or owner is None or row.uri is None:
        return
    resolver = Resolver(context, seconds=SECONDS)
    try:
        document = resolver.fetcher.document(row.uri)
    except Gone:
        with context.database.write() as tx:
            remote_collections.drop(tx, owner.id, row.uri)
        return
    told = featured_collections.read(document, owner.uri)
    if told.uri != row.uri:
        raise reading.unfit("This is another collection.")
    found = _Reader(context, resolver, document, row.id).read()
    with context.database.write() as tx:
        if remote_collections.store(tx, owner.id, told) is not None:
            remote_collections.keep(tx, row.id, found)


def run_all(context: Context, subject: str) -> None:
    """Which collections somebody has, and what they say of themselves. Raises HearthError as `run`."""
    with context.database.read() as tx:
        owner = accounts.by_id(tx, int(subject))
    if owner is None or owner.uri is None or owner.featured_collections_uri is None:
        return
    resolver, found = Resolver(context, seconds=SECONDS), []
    listed = collections.items(
        *(resolver.fetcher, owner.featured_collections_uri, owner.uri), pages=PAGES, limit=remote_collections.MOST
    )
    for each in listed:
        with contextlib.suppress(HearthError):
            found.append(featured_collections.read(_document(resolver, each, owner.uri), owner.uri))
    with context.database.write() as tx:
        for told in found:
            remote_collections.store(tx, owner.id, told)


class _Reader:
    """Goes through what a collection lists, and asks each one's server whether she agreed, unless it did so lately."""

    def __init__(self, context: Context, resolver: Resolver, document: Document, collection_id: int) -> None:
        self._context, self._resolver = context, resolver
        self._document, self._uri = document, str(document["id"])
        self._items: list[RemoteItem] = []
        self._refused: set[int] = set()
        self._in_vain = self._seen = self._missed = 0
        with context.database.read() as tx:
            self._approvals = remote_collections.approvals(tx, collection_id)
            self._now = tx.now_ms

    def read(self) -> RemoteItems:
        page = {**self._document, "type": "OrderedCollection"}
        listed = collections.items(
            *(self._resolver.fetcher, page, self._uri), pages=PAGES, limit=remote_collections.MOST_ITEMS
        )
        for each in listed:
            self._seen += 1
            try:
                self._take(_document(self._resolver, each, self._uri))
            except NetError:
                self._missed += 1
            except HearthError:
                continue
        return RemoteItems(tuple(self._items), frozenset(self._refused), self._is_complete())

    def _take(self, document: Document) -> None:
        """Raises HearthError for nonsense, NetError where no answer came."""
        item = featured_collections.item(document, self._uri)
        if item is None:
            return
        if self._context.urls().is_ours(item.account):
            self._take_member(item)
            return
        before = self._approvals.get(item.account)
        if before is not None and before.uri == item.stamp:
            account_id, verified_at = before.account_id, self._still_agreed(item, before)
        elif self._in_vain < MOST_IN_VAIN:
            agreed = self._agrees(item)
            account_id = int(self._resolver.actor(item.account).id) if agreed else 0
            verified_at = self._now if agreed else None
        else:
            self._missed += 1
            return
        if verified_at is not None:
            told = item.uri, account_id, item.stamp, verified_at, item.created_at
            self._items.append(RemoteItem(*told, is_new=before is None))
        elif before is not None:
            self._refused.add(before.account_id)

    def _take_member(self, item: Item) -> None:
        """Whether a member agreed is known here, whatever is said of it."""
        with self._context.database.read() as tx:
            member = known.local_account(tx, self._context.urls(), item.account)
        if member is not None:
            self._items.append(RemoteItem(item.uri, int(member.id), created_at=item.created_at))

    def _still_agreed(self, item: Item, before: Approval) -> int | None:
        """When her server said so last; None if it does not any more."""
        if before.verified_at > self._now - _AGAIN:
            return before.verified_at
        try:
            return self._now if self._agrees(item) else None
        except NetError:
            return before.verified_at

    def _agrees(self, item: Item) -> bool:
        """Asks her server. Raises NetError."""
        self._in_vain += 1  # unless it turns out otherwise
        if agreed := featured_collections.is_agreed(self._resolver.fetcher, item, self._uri):
            self._in_vain -= 1
        return agreed

    def _is_complete(self) -> bool:
        """Whether all that it lists could be read: a page that is missing leaves nobody out."""
        total = self._document.get("totalItems")
        if not isinstance(total, int):
            return not self._missed and not {"first", "next"} & self._document.keys()
        return not self._missed and self._seen >= min(total, remote_collections.MOST_ITEMS)


def _document(resolver: Resolver, item: object, home: str) -> Document:
    """Given whole, or to be fetched from where it belongs. Raises HearthError."""
    if isinstance(item, dict):
        return item
    uri = reading.uri(item)
    if uri is None or not reading.same_origin(uri, home):
        raise reading.unfit("This is on another server than what it is in.")
    return resolver.fetcher.document(uri)
