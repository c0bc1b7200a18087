# SPDX-License-Identifier: AGPL-3.0-or-later
"""QuoteRequest (FEP-044f): may this post of yours be quoted? And the answers to those that went out from here."""

import contextlib

from appliance.errors import HearthError
from appliance.fediverse.activitypub import known, notes, outgoing, reading
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.activitypub.notes import Note
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import quoting, statuses
from appliance.fediverse.services.visibility import OPEN
from appliance.system.clock import milliseconds


def ask(arrival: Arrival) -> Apply | None:
    """Who may is told where that is written down; it is by the quoting post, which is kept for it."""
    urls, sender, activity = arrival.urls, arrival.sender, arrival.activity
    instrument = activity.document.get("instrument")
    uri = reading.uri(instrument)
    if activity.id is None or uri is None or not reading.same_origin(uri, sender.uri):
        return None
    request_uri = activity.id
    note = _quoting_note(arrival, uri, instrument) if _may(arrival) else None

    def apply(tx: Tx) -> None:
        status_id = known.status_id(tx, urls, activity.object_uri)
        if status_id is None:
            return
        quoted = statuses.seen_by(tx, sender.id, status_id)  # who may not see it is told nothing of it
        if not quoted.local or quoted.boost_of_id is not None:
            return
        quoting_id = None
        if note is not None and quoting.is_free(tx, sender.id, quoted):
            quoting_id = statuses.receive(tx, urls, sender.id, known.remote_status(tx, urls, note))
        if quoting_id is not None and quoting.grant(tx, quoted, quoting_id):
            outgoing.quote_granted(tx, urls, status_id, sender, request_uri, quoting_id, uri)
        else:
            outgoing.quote_refused(tx, urls, status_id, sender, request_uri, uri)

    return apply


def answer(arrival: Arrival) -> Apply | None:
    """Accept or Reject of what was asked from here; None if it answers something else."""
    urls, sender, activity = arrival.urls, arrival.sender, arrival.activity
    inner = activity.embedded or {}
    asked = _asked(activity.object_uri or "")
    if reading.kind(inner) != "QuoteRequest" and asked is None:
        return None
    quoting_uri = reading.uri(inner.get("instrument")) or asked
    stamp = reading.uri(activity.document.get("result")) if activity.kind == "Accept" else None
    if stamp is not None and not reading.same_origin(stamp, sender.uri):
        stamp = None

    def apply(tx: Tx) -> None:
        quoting_id = known.status_id(tx, urls, quoting_uri)
        if quoting_id is not None and (stamp is not None or activity.kind == "Reject"):
            quoting.answered(tx, urls, sender.id, quoting_id, stamp)

    return apply


def _asked(uri: str) -> str | None:
    """The status for which a request with this id, which we gave it, asked."""
    actor, _, number = uri.partition("#quotes/")
    return f"{actor}/statuses/{number}" if number.isascii() and number.isdigit() else None


def _may(arrival: Arrival) -> bool:
    """Whether it is worth reading the post that would quote. Who may is asked again where it counts."""
    with arrival.context.database.read() as tx:
        status_id = known.status_id(tx, arrival.urls, arrival.activity.object_uri)
        quoted = statuses.by_id(tx, status_id) if status_id is not None else None
        return quoted is not None and quoting.is_free(tx, arrival.sender.id, quoted)


def _quoting_note(arrival: Arrival, uri: str, instrument: object) -> Note | None:
    """The sender's own public note, given or fetched, that quotes what was asked for."""
    with contextlib.suppress(HearthError):
        given = isinstance(instrument, dict) and "attributedTo" in instrument
        document = instrument if isinstance(instrument, dict) and given else arrival.fetch(uri)
        now = milliseconds(arrival.context.clock.now())
        note = notes.read(document, arrival.sender.followers_uri, now)
        if (
            note.uri == uri
            and note.author == arrival.sender.uri
            and note.visibility.value in OPEN
            and note.quote is not None
            and note.quote.uri == arrival.activity.object_uri
        ):
            return note
    return None
