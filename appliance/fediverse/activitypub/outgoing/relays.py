# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told to relays, by the instance's own actor: that it wants in, or out, and what is new here."""

import sqlalchemy as sa

from appliance.fediverse.activitypub import documents, instance_actor
from appliance.fediverse.activitypub.documents import Document, Row
from appliance.fediverse.activitypub.outgoing.send import send
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import relays
from appliance.fediverse.model import RelayState, Visibility
from appliance.fediverse.urls import Urls

_ACCEPTED = sa.select(relays.c.inbox, relays.c.actor_uri).where(relays.c.state == RelayState.ACCEPTED.value)


def relay_wanted(tx: Tx, urls: Urls, relay_id: int) -> None:
    row = _relay(tx, urls, relay_id)
    if row is not None:
        send(tx, None, _follow(urls, row), {row.inbox})


def relay_left(tx: Tx, urls: Urls, relay_id: int) -> None:
    """Call it before the row goes."""
    row = _relay(tx, urls, relay_id)
    if row is not None:
        send(tx, None, documents.undo(_follow(urls, row)), {row.inbox})


def relay_let_in(tx: Tx, urls: Urls, follow: Document, inbox: str) -> None:
    """A relay of LitePub's form follows back, and is accepted."""
    actor_uri = instance_actor.uri(urls)
    uri = f"{actor_uri}#accepts/{tx.next_id()}"
    send(tx, None, documents.activity("Accept", uri, actor_uri, follow), {inbox})


def inboxes_of_relays(tx: Tx, status: Row) -> tuple[set[str], set[str]]:
    """Where public posts go besides: to relays that take the post itself, and to those that want it announced."""
    rows = tx.all(_ACCEPTED) if status.visibility == Visibility.PUBLIC.value else []
    return {row.inbox for row in rows if row.actor_uri is None}, {row.inbox for row in rows if row.actor_uri}


def announce_to_relays(tx: Tx, urls: Urls, note: Document, inboxes: set[str]) -> None:
    actor_uri = instance_actor.uri(urls)
    uri = f"{actor_uri}#announces/{tx.next_id()}"
    to, cc = [f"{actor_uri}/followers"], [documents.PUBLIC]
    body = documents.activity("Announce", uri, actor_uri, note["id"], published=note["published"], to=to, cc=cc)
    send(tx, None, body, inboxes)


def _follow(urls: Urls, row: Row) -> Document:
    actor_uri = instance_actor.uri(urls)
    return documents.activity("Follow", f"{actor_uri}#relays/{row.id}", actor_uri, row.actor_uri or documents.PUBLIC)


def _relay(tx: Tx, urls: Urls, relay_id: int) -> Row | None:
    return tx.one(sa.select(relays).where(relays.c.id == relay_id)) if urls.federating else None
