# SPDX-License-Identifier: AGPL-3.0-or-later
"""Create, and Update of a post: notes, and what is shown as one."""

import contextlib

from appliance.errors import Refused, Unavailable
from appliance.fediverse.activitypub import known, notes, reading
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.activitypub.notes import Note
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import plain, polls, statuses
from appliance.system.clock import milliseconds

_TIMELINE_KINDS = notes.KINDS | notes.SHOWN_AS_LINK


def create(arrival: Arrival) -> Apply | None:
    if (vote := _vote(arrival)) is not None:
        return vote
    note = _own_note(arrival)
    if note is None:
        return None
    agreed = _find_others(arrival, note)
    urls, sender = arrival.urls, arrival.sender

    def apply(tx: Tx) -> None:
        status = known.remote_status(tx, urls, note, quote_agreed=agreed)
        if arrival.followed or known.concerns_us(tx, sender.id, status):
            statuses.receive(tx, urls, sender.id, status)

    return apply


def change(arrival: Arrival) -> Apply | None:
    note = _own_note(arrival)
    if note is None:
        return None
    urls, sender = arrival.urls, arrival.sender
    agreed = note.quote is not None and _find_others(arrival, note)

    def apply(tx: Tx) -> None:
        status = known.remote_status(tx, urls, note, quote_agreed=agreed)
        if known.status_id(tx, urls, note.uri) is not None or known.concerns_us(tx, sender.id, status):
            statuses.receive_edit(tx, urls, sender.id, status)

    return apply


def _vote(arrival: Arrival) -> Apply | None:
    """A note with a name and no text that answers a poll of ours is a vote for the option of that name."""
    urls, sender, document = arrival.urls, arrival.sender, arrival.activity.embedded or {}
    asked, title = reading.uri(document.get("inReplyTo")), reading.text(document, "name", 500)
    said = plain.text(reading.text(document, "content", 100))  # snac2 sends an empty line with it
    if not title or said or asked is None or not urls.is_ours(asked):
        return None
    if reading.uri(document.get("attributedTo")) != sender.uri:
        raise Refused("not-yours", "Nobody can vote for another.")

    def apply(tx: Tx) -> None:
        status_id = known.status_id(tx, urls, asked)
        if status_id is not None:
            polls.receive_vote(tx, sender.id, status_id, title)

    return apply


def _own_note(arrival: Arrival) -> Note | None:
    """The sender's note; None for kinds of things that are not shown here.

    Raises Refused for somebody else's, HearthError when its server does not have it.
    """
    sender, uri, document = arrival.sender, arrival.activity.object_uri, arrival.activity.embedded
    if uri is None or not reading.same_origin(uri, sender.uri):
        raise Refused("foreign-object", "The object is on another server than its actor.")
    if document is None or "attributedTo" not in document:
        document = arrival.fetch(uri)
    if reading.kind(document) not in _TIMELINE_KINDS:
        return None
    if reading.uri(document.get("attributedTo")) != sender.uri:
        raise Refused("not-yours", "The object is not attributed to the actor.")
    return notes.read(document, sender.followers_uri, milliseconds(arrival.context.clock.now()))


def _find_others(arrival: Arrival, note: Note) -> bool:
    """Fetch what an interesting note answers and quotes, so that threads join; whether who is quoted agrees."""
    urls, quote = arrival.urls, note.quote
    if quote is None and (note.parent is None or urls.is_ours(note.parent)):
        return False
    with arrival.context.database.read() as tx:
        orphan = note.parent is not None and known.status_id(tx, urls, note.parent) is None
        if not orphan and quote is None:
            return False
        is_known = known.status_id(tx, urls, note.uri) is not None
        status = known.remote_status(tx, urls, note)
        if not arrival.followed and not is_known and not known.concerns_us(tx, arrival.sender.id, status):
            return False
    with contextlib.suppress(Unavailable), arrival.resolver() as resolver:
        if orphan:
            resolver.fetch_parent(note)
        return quote is not None and resolver.quote_is_agreed(quote, note.uri)
    return False
