# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told of pins: a post added to the author's `featured`, or removed. Only of what everybody may see."""

from appliance.fediverse.activitypub import audience, documents
from appliance.fediverse.activitypub.outgoing.posts import status_row
from appliance.fediverse.activitypub.outgoing.send import from_us, send
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import pins
from appliance.fediverse.model import Visibility
from appliance.fediverse.urls import Urls

_TOLD = (Visibility.PUBLIC.value, Visibility.UNLISTED.value)


def pinned(tx: Tx, urls: Urls, pin_id: int) -> None:
    _featured(tx, urls, pin_id, "Add")


def unpinned(tx: Tx, urls: Urls, pin_id: int) -> None:
    """Call it before the row goes."""
    _featured(tx, urls, pin_id, "Remove")


def _featured(tx: Tx, urls: Urls, pin_id: int, kind: str) -> None:
    found = from_us(tx, urls, pins, pin_id, "account_id", "account_id")
    if found is None:
        return
    row, author, _ = found
    status = status_row(tx, row.status_id)
    if status is None or status.visibility not in _TOLD:
        return
    actor_uri = urls.actor(author.username)
    uri = f"{actor_uri}#pins/{pin_id}/{kind.lower()}"
    target = urls.featured(author.username)
    thing = documents.status_uri(urls, status, author)
    body = documents.activity(kind, uri, actor_uri, thing, target=target, to=[documents.PUBLIC])
    send(tx, author.id, body, audience.of_followers(tx, author.id))
