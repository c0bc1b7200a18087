# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking other servers for what is not known here, before any transaction begins."""

import contextlib
from dataclasses import dataclass

from appliance.errors import HearthError
from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import accounts, collections, errands, statuses, text
from appliance.fediverse.services.errands import Errand
from appliance.fediverse.urls import Urls

MAX_ASKED = 5


@dataclass(frozen=True)
class Found:
    """What an address leads to: one of these, or nothing."""

    account_id: int | None = None
    status_id: int | None = None
    collection_id: int | None = None


def account(context: Context, urls: Urls, handle: str, resolver: Resolver | None = None) -> int | None:
    """The id of who is called so, asked for elsewhere if need be; None if nobody is."""
    name, _, host = handle.strip().removeprefix("@").partition("@")
    with context.database.read() as tx:
        known = accounts.find(tx, urls, f"{name}@{host}" if host else name)
    if known is not None or not host or host.lower() == urls.host.lower() or not urls.federating:
        return None if known is None else int(known.id)
    try:
        return (resolver or Resolver(context)).account(f"{name}@{host}")
    except HearthError:
        return None


def mentioned(context: Context, urls: Urls, source: str) -> dict[str, int]:
    """Account ids by handle for the accounts of other servers that a text mentions."""
    remote = [handle for handle in text.parse(source).handles if "@" in handle]
    if not remote:
        return {}
    resolver = Resolver(context)  # one for all, so that together they take no longer than one may
    found = {handle: account(context, urls, handle, resolver) for handle in remote[:MAX_ASKED]}
    return {handle: account_id for handle, account_id in found.items() if account_id is not None}


def want_thread(context: Context, tx: Tx, status: Row) -> None:
    """What is missing of a thread that begins elsewhere."""
    if not status.local:
        want(context, tx, Errand.THREAD, str(status.id))


def want(context: Context, tx: Tx, errand: Errand, subject: str) -> None:
    """What is elsewhere is asked for by and by; a member who looks again sees it."""
    if context.urls().federating and errands.is_wanted(tx, errand, subject):
        with contextlib.suppress(HearthError), context.database.write() as writing:
            errands.want(writing, errand, subject)


def address(context: Context, urls: Urls, uri: str, *, ask: bool) -> Found:
    """What an address leads to, ours included."""
    with context.database.read() as tx:
        collection_id = collections.at(tx, urls, uri)
    if collection_id is not None:
        return Found(collection_id=collection_id)
    if urls.is_ours(uri):
        return _ours(context, urls, uri)
    with context.database.read() as tx:
        known_account, known_status = accounts.by_uri(tx, uri), statuses.by_uri(tx, uri)
    if known_account is not None:
        return Found(account_id=known_account.id)
    if known_status is not None:
        return Found(status_id=known_status.id)
    return _asked(context, uri) if ask and urls.federating else Found()


def _asked(context: Context, uri: str) -> Found:
    """What is not known here."""
    resolver = Resolver(context)
    with contextlib.suppress(HearthError):
        return Found(status_id=resolver.status(uri))
    with contextlib.suppress(HearthError):
        return Found(collection_id=resolver.collection(uri))
    with contextlib.suppress(HearthError):
        return Found(account_id=resolver.account(uri))
    return Found()


def _ours(context: Context, urls: Urls, uri: str) -> Found:
    thing = urls.parse(uri)
    if thing is None:
        return Found()
    if thing.status_id is not None:
        return Found(status_id=thing.status_id)
    with context.database.read() as tx:
        row = accounts.find_local(tx, thing.username)
    return Found() if row is None else Found(account_id=int(row.id))
