# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told of quotes: asking for leave, giving it, refusing it and taking it back (FEP-044f)."""

import sqlalchemy as sa

from appliance.fediverse.activitypub import audience, documents
from appliance.fediverse.activitypub.documents import Document, Row
from appliance.fediverse.activitypub.outgoing.posts import local_note
from appliance.fediverse.activitypub.outgoing.relays import inboxes_of_relays
from appliance.fediverse.activitypub.outgoing.send import account, send
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import statuses
from appliance.fediverse.services.visibility import OPEN
from appliance.fediverse.urls import Urls


def quote_requested(tx: Tx, urls: Urls, status_id: int, quoted: Row) -> None:
    """A status of ours quotes somebody of elsewhere. What is not for everybody is named alone."""
    if parts := local_note(tx, urls, status_id):
        note = documents.note(urls, parts)
        actor_uri = urls.actor(parts.author.username)
        instrument = note if parts.status.visibility in OPEN else note["id"]
        uri = f"{actor_uri}#quotes/{status_id}"
        body = documents.activity("QuoteRequest", uri, actor_uri, quoted.uri, instrument=instrument)
        send(tx, parts.author.id, body, audience.of_account(account(tx, quoted.account_id)))


def quote_granted(
    tx: Tx, urls: Urls, status_id: int, asker: Row, request_uri: str, quoting_id: int, quoting_uri: str
) -> None:
    """Somebody asked to quote a post of ours, and may."""
    if parts := local_note(tx, urls, status_id):
        username = parts.author.username
        request = _request(urls, username, status_id, asker, request_uri, quoting_uri)
        uri = f"{urls.actor(username)}#accepts/quotes/{tx.next_id()}"
        stamp = urls.quote_stamp(username, quoting_id)
        body = documents.activity("Accept", uri, urls.actor(username), request, result=stamp)
        send(tx, parts.author.id, body, audience.of_account(asker))


def quote_refused(tx: Tx, urls: Urls, status_id: int, asker: Row, request_uri: str, quoting_uri: str) -> None:
    """Somebody asked to quote a post of ours, and may not."""
    if parts := local_note(tx, urls, status_id):
        username = parts.author.username
        request = _request(urls, username, status_id, asker, request_uri, quoting_uri)
        uri = f"{urls.actor(username)}#rejects/quotes/{tx.next_id()}"
        body = documents.activity("Reject", uri, urls.actor(username), request)
        send(tx, parts.author.id, body, audience.of_account(asker))


def quote_withdrawn(tx: Tx, urls: Urls, quoted_id: int, quoting: Row) -> None:
    """A post of ours is to be quoted there no more: the stamp is gone."""
    if parts := local_note(tx, urls, quoted_id):
        actor_uri, stamp = urls.actor(parts.author.username), urls.quote_stamp(parts.author.username, quoting.id)
        body = documents.activity("Delete", f"{stamp}#delete", actor_uri, stamp, to=[documents.PUBLIC])
        inboxes = audience.of_followers(tx, parts.author.id) | audience.of_account(account(tx, quoting.account_id))
        if quoting.local:
            inboxes |= audience.of_holders(tx, quoting)
        send(tx, parts.author.id, body, inboxes)


def status_touched(tx: Tx, urls: Urls, status_id: int) -> None:
    """Something of a status changed that is no edit: who may quote it, or that it may quote what it does."""
    if parts := local_note(tx, urls, status_id):
        note = documents.note(urls, parts)
        uri = f"{note['id']}#updates/quotes/{tx.next_id()}"
        body = documents.activity("Update", uri, note["attributedTo"], note, to=note["to"], cc=note["cc"])
        send(tx, parts.author.id, body, audience.of_readers(tx, parts.status) | inboxes_of_relays(tx, parts.status)[0])


def quoting_of(tx: Tx, username: str, quoting_id: int) -> tuple[Row, Row] | None:
    """A status by whose stamp it quotes somebody of ours, and what it quotes; None where there is no such leave."""
    quoting = tx.one(sa.select(statuses).where(statuses.c.id == quoting_id)) if quoting_id < 2**63 else None
    if quoting is None or quoting.quote_state != "accepted" or quoting.visibility not in OPEN:
        return None
    quoted = tx.one(sa.select(statuses).where(statuses.c.id == quoting.quoted_id))
    if quoted is None or not quoted.local or quoted.visibility not in OPEN:
        return None
    return (quoting, quoted) if account(tx, quoted.account_id).username.lower() == username.lower() else None


def uri_of(tx: Tx, urls: Urls, status: Row) -> str:
    return documents.status_uri(urls, status, account(tx, status.account_id))


def _request(urls: Urls, username: str, status_id: int, asker: Row, request_uri: str, quoting_uri: str) -> Document:
    quoted_uri = urls.status(username, status_id)
    return documents.activity("QuoteRequest", request_uri, asker.uri, quoted_uri, instrument=quoting_uri)
