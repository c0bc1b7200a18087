# SPDX-License-Identifier: AGPL-3.0-or-later
"""Resolver: people and posts of other servers, found by handle or address and kept. Never inside a transaction."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from appliance.errors import HearthError
from appliance.fediverse.activitypub import actors, featured_collections, known, notes, reading
from appliance.fediverse.activitypub.documents import Document, Row
from appliance.fediverse.activitypub.fetch import SECONDS_IN_ALL, Fetcher, not_found
from appliance.fediverse.activitypub.quotes import Quote, is_agreed
from appliance.fediverse.activitypub.reading import unfit
from appliance.fediverse.context import Context
from appliance.fediverse.model import QuoteState, Visibility
from appliance.fediverse.services import accounts, remote_collections, statuses
from appliance.system.clock import milliseconds
from appliance.system.guard import NetError

FRESH = timedelta(days=1)
PARENTS = 3  # how far up a thread one question leads
_HANDLE = re.compile(r"@?([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?:@([A-Za-z0-9.\-\[\]:]{1,255}))?")


class Resolver:
    """Make one per request: all its questions together must be answered within `seconds`."""

    def __init__(self, context: Context, *, seconds: float = SECONDS_IN_ALL) -> None:
        self._database = context.database
        self._clock = context.clock
        self._urls = context.urls()
        self.fetcher = Fetcher(context.net, context.database, context.clock, self._urls, seconds=seconds)

    def account(self, handle_or_uri: str) -> int:
        """`name`, `@name@host`, `acct:name@host`, or the address of an actor or profile page.

        Raises HearthError not-found when there is nobody, NetError when their server can't be asked.
        """
        if handle_or_uri.startswith(("https://", "http://")):
            return int(self._account_at(handle_or_uri).id)
        match = _HANDLE.fullmatch(handle_or_uri.removeprefix("acct:"))
        if match is None:
            raise not_found()
        username, host = match[1], (match[2] or "").lower()
        with self._database.read() as tx:
            row = accounts.find(tx, self._urls, f"{username}@{host}" if host else username)
        if not host or host == self._urls.host.lower():
            return _found(row)
        if row is not None and self._is_fresh(row):
            return int(row.id)
        try:
            return self._account_by_handle(username, host)
        except HearthError:
            return _found(row)

    def status(self, uri: str, *, parents: int = PARENTS) -> int:
        """A post by its id or page, with those it answers. Raises HearthError not-found, NetError."""
        with self._database.read() as tx:
            found = known.status_id(tx, self._urls, uri)
        if found is not None:
            return found
        self._need_federation()
        document = self.fetcher.document(uri)
        author = self.actor(reading.uri(document.get("attributedTo")) or "")
        note = notes.read(document, author.followers_uri, milliseconds(self._clock.now()))
        if note.author != author.uri or note.visibility not in (Visibility.PUBLIC, Visibility.UNLISTED):
            raise not_found()
        self.fetch_parent(note, parents)
        agreed = note.quote is not None and parents > 0 and self.quote_is_agreed(note.quote, note.uri)
        with self._database.write() as tx:
            status = known.remote_status(tx, self._urls, note, quote_agreed=agreed)
            stored = statuses.receive(tx, self._urls, author.id, status)
        if stored is None:
            raise not_found("That post was deleted.")
        return stored

    def collection(self, uri: str) -> int:
        """A collection of accounts by its id or page, without who is in it. Raises HearthError not-found, NetError."""
        self._need_federation()
        document = self.fetcher.document(uri)
        owner = self.actor(reading.uri(document.get("attributedTo")) or "")
        told = featured_collections.read(document, owner.uri)
        with self._database.write() as tx:
            stored = remote_collections.store(tx, owner.id, told)
        if stored is None:
            raise not_found()
        return stored

    def fetch_parent(self, note: notes.Note, levels: int = PARENTS) -> None:
        """Get what a note answers, if it is unknown here. A parent that can't be had is no error."""
        if note.parent is None or levels <= 0 or self._urls.is_ours(note.parent):
            return
        try:
            self.status(note.parent, parents=levels - 1)
        except HearthError:
            return

    def quote_is_agreed(self, quote: Quote, quoting_uri: str) -> bool:
        """Whether who wrote what is quoted agreed; that is fetched if it is unknown."""
        if self._urls.is_ours(quote.uri):
            with self._database.read() as tx:
                quoting = statuses.by_uri(tx, quoting_uri)
                return (
                    quoting is not None
                    and quoting.quote_state == QuoteState.ACCEPTED.value
                    and quoting.quoted_id == known.status_id(tx, self._urls, quote.uri)
                )
        try:
            quoted_id = self.status(quote.uri, parents=0)
        except HearthError:
            return False
        with self._database.read() as tx:
            quoted = statuses.by_id(tx, quoted_id)
            author = accounts.by_id(tx, quoted.account_id) if quoted is not None else None
        return author is not None and author.uri is not None and is_agreed(self.fetcher, quote, quoting_uri, author.uri)

    def alias_of(self, uri: str, old_uri: str) -> Row | None:
        """The account with this URI, ours or read anew, if it says that it was the old one. Raises HearthError."""
        with self._database.read() as tx:
            row = known.local_account(tx, self._urls, uri)
        row = row if self._urls.is_ours(uri) else self.refresh(uri)
        return row if row is not None and old_uri in (row.also_known_as or ()) else None

    def actor(self, uri: str) -> Row:
        """The remote account with this id, fetched if unknown or not fresh. Raises HearthError not-found, NetError."""
        with self._database.read() as tx:
            row = known.remote_account(tx, uri)
        if row is not None and (self._is_fresh(row) or row.suspended_at is not None):
            return row
        try:
            return self.refresh(uri)
        except NetError:
            if row is None:
                raise
            return row

    def refresh(self, uri: str) -> Row:
        """Read the actor anew. Raises HearthError not-found, BadInput, NetError."""
        self._need_federation()
        document = self.fetcher.document(uri)
        if document["id"] != uri:
            raise not_found("That server's answer is about something else.")
        return self._store(document, self._confirmed(document)[1])

    def _account_at(self, uri: str) -> Row:
        with self._database.read() as tx:
            if self._urls.is_ours(uri):
                row = known.local_account(tx, self._urls, uri)
                if row is None:
                    raise not_found()
                return row
            row = known.remote_account(tx, uri)
        if row is not None:
            return self.actor(uri)
        self._need_federation()
        document = self.fetcher.document(uri)
        return self._store(document, self._confirmed(document)[1])

    def _account_by_handle(self, username: str, host: str) -> int:
        """Handle to actor and back: both servers must agree on who this is."""
        self._need_federation()
        subject, uri = self._finger(username, host)
        document = self.fetcher.document(uri)
        if document["id"] != uri or self._confirmed(document) != subject:
            raise not_found("That server names somebody who does not know of it.")
        return int(self._store(document, subject[1]).id)

    def _confirmed(self, document: Document) -> tuple[str, str]:
        """Name and domain of an actor's handle, as its own server and the handle's domain both have it.

        Where an actor's server has no webfinger, its handle is that of the server itself.
        """
        uri = reading.uri(document) or ""
        username, host = actors.username_of(document).lower(), urlsplit(uri).netloc.lower()
        try:
            subject, target = self._finger(username, host)
        except HearthError as error:
            if error.key == "net-refused":
                raise
            return username, host
        if subject[1] != host:
            claimed = subject
            subject, target = self._finger(*claimed)
            if subject != claimed:
                raise unfit("The handle's own server has another name for it.")
        if target != uri or subject[0] != username:
            raise unfit("The actor's server says that this handle is somebody else's.")
        return subject

    def _finger(self, username: str, host: str) -> tuple[tuple[str, str], str]:
        """The handle that a server says is the true one, in lower case, and its actor. Raises HearthError, NetError."""
        document = self.fetcher.webfinger(username, host)
        subject = document.get("subject")
        match = _HANDLE.fullmatch(subject.removeprefix("acct:")) if isinstance(subject, str) else None
        uris = [
            uri
            for link in reading.objects(document.get("links"))
            if link.get("rel") == "self" and "json" in str(link.get("type")) and (uri := reading.uri(link.get("href")))
        ]
        if match is None or not match[2] or not uris:
            raise not_found()
        return (match[1].lower(), match[2].lower()), uris[0]

    def _store(self, document: Document, domain: str) -> Row:
        if domain == self._urls.host.lower() or self._urls.is_ours(str(document["id"])):
            raise unfit("Nobody else speaks for this server.")
        account = actors.read(document, domain)
        with self._database.write() as tx:
            row = accounts.by_id(tx, accounts.store_remote(tx, account))
        if row is None:
            raise not_found()
        return row

    def _is_fresh(self, row: Row) -> bool:
        now = milliseconds(self._clock.now())
        return not row.domain or (row.fetched_at or 0) > now - FRESH // timedelta(milliseconds=1)

    def _need_federation(self) -> None:
        if not self._urls.federating:
            raise not_found("This server does not know anybody elsewhere yet.")


def _found(row: Row | None) -> int:
    if row is None:
        raise not_found()
    return int(row.id)
