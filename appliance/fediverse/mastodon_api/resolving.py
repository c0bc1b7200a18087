# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking other servers for what is not known here, before any transaction begins."""

import contextlib

from appliance.errors import HearthError
from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import accounts, errands, statuses, text
from appliance.fediverse.services.errands import Errand
from appliance.fediverse.urls import Urls

MAX_ASKED = 5


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
    """What is missing of a thread that begins elsewhere is asked for, by and by; a member who looks again sees it."""
    subject = str(status.id)
    if status.local or not context.urls().federating or not errands.is_wanted(tx, Errand.THREAD, subject):
        return
    with contextlib.suppress(HearthError), context.database.write() as writing:
        errands.want(writing, Errand.THREAD, subject)


def address(context: Context, urls: Urls, uri: str, *, ask: bool) -> tuple[int | None, int | None]:
    """What account or status an address leads to, ours included: (account_id, status_id), one of them at most."""
    if urls.is_ours(uri):
        return _ours(context, urls, uri)
    with context.database.read() as tx:
        known_account, known_status = accounts.by_uri(tx, uri), statuses.by_uri(tx, uri)
    if known_account is not None or known_status is not None or not (ask and urls.federating):
        return (known_account.id if known_account else None), (known_status.id if known_status else None)
    resolver = Resolver(context)
    try:
        return None, resolver.status(uri)
    except HearthError:
        pass  # then it may be a person
    try:
        return resolver.account(uri), None
    except HearthError:
        return None, None


def _ours(context: Context, urls: Urls, uri: str) -> tuple[int | None, int | None]:
    thing = urls.parse(uri)
    if thing is None:
        return None, None
    if thing.status_id is not None:
        return None, thing.status_id
    with context.database.read() as tx:
        row = accounts.find_local(tx, thing.username)
    return (None if row is None else int(row.id)), None
