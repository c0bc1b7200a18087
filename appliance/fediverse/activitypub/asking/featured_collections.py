# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of accounts of elsewhere, read from their servers, and who in them agreed, from each one's own."""

import contextlib

from appliance.errors import HearthError
from appliance.fediverse.activitypub import featured_collections, known, reading
from appliance.fediverse.activitypub.asking import collections
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.activitypub.featured_collections import Item
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.context import Context
from appliance.fediverse.services import accounts, remote_collections
from appliance.fediverse.services import collections as stored
from appliance.fediverse.services.remote import RemoteItem

PAGES = 3
SECONDS = 120.0


def run(context: Context, subject: str) -> None:
    """A collection and all who are in it. Raises HearthError when its server cannot be asked."""
    collection_id = int(subject)
    with context.database.read() as tx:
        row = stored.by_ids(tx, [collection_id]).get(collection_id)
        owner = accounts.by_id(tx, row.account_id) if row is not None else None
    if row is None or owner is None or row.uri is None:
        return
    resolver = Resolver(context, seconds=SECONDS)
    document = resolver.fetcher.document(row.uri)
    told = featured_collections.read(document, owner.uri)
    found = _items(context, resolver, document, row.id)
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


def _items(context: Context, resolver: Resolver, document: Document, collection_id: int) -> list[RemoteItem]:
    """Who is in it and agreed; whom time does not suffice for waits for the next time, unless known already."""
    uri, found = str(document["id"]), []
    with context.database.read() as tx:
        approvals = remote_collections.approvals(tx, collection_id)
    page = {**document, "type": "OrderedCollection"}
    for each in collections.items(resolver.fetcher, page, uri, pages=PAGES, limit=remote_collections.MOST_ITEMS):
        with contextlib.suppress(HearthError):
            item = featured_collections.item(_document(resolver, each, uri), uri)
            if item is not None and (account_id := _agreed(context, resolver, item, uri, approvals)) is not None:
                approval = None if context.urls().is_ours(item.account) else item.stamp
                found.append(RemoteItem(item.uri, account_id, approval, item.created_at))
    return found


def _agreed(
    context: Context, resolver: Resolver, item: Item, collection_uri: str, approvals: dict[str, str | None]
) -> int | None:
    """The account, if it is known to have agreed. Whether a member did is known here, whatever is said of it."""
    urls = context.urls()
    if urls.is_ours(item.account):
        with context.database.read() as tx:
            member = known.local_account(tx, urls, item.account)
        return None if member is None else int(member.id)
    if item.account in approvals and approvals[item.account] == item.stamp:
        with context.database.read() as tx:
            row = known.remote_account(tx, item.account)
        return None if row is None else int(row.id)
    if not featured_collections.is_agreed(resolver.fetcher, item, collection_uri):
        return None
    return int(resolver.actor(item.account).id)


def _document(resolver: Resolver, item: object, home: str) -> Document:
    """Given whole, or to be fetched from where it belongs. Raises HearthError."""
    if isinstance(item, dict):
        return item
    uri = reading.uri(item)
    if uri is None or not reading.same_origin(uri, home):
        raise reading.unfit("This is on another server than what it is in.")
    return resolver.fetcher.document(uri)
