# SPDX-License-Identifier: AGPL-3.0-or-later
"""What other servers ask of us: actors and posts; and their inboxes' other end."""

from urllib.parse import quote

import flask
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from appliance.errors import HearthError
from appliance.fediverse.activitypub import (
    collection_views,
    documents,
    featured_views,
    instance_actor,
    listings,
    outgoing,
    quote_documents,
    reading,
)
from appliance.fediverse.activitypub.asked import (
    doorkeeper,
    federating,
    member,
    message,
    open_to_asker,
    show,
    show_error,
)
from appliance.fediverse.activitypub.inbox import take_in
from appliance.fediverse.activitypub.lookup import Gone, local_status
from appliance.fediverse.context import context


def register(blueprint: flask.Blueprint) -> None:
    blueprint.register_error_handler(HearthError, show_error)
    blueprint.register_error_handler(Gone, _show_tombstone)
    blueprint.register_error_handler(RequestEntityTooLarge, _too_large)
    blueprint.get("/actor")(instance)
    blueprint.get("/actor/outbox", endpoint="instance_outbox")(instance_outbox)
    blueprint.get("/users/<username>")(actor)
    blueprint.get("/users/<username>/statuses/<int:status_id>")(status)
    blueprint.get("/users/<username>/statuses/<int:status_id>/activity")(activity)
    blueprint.get("/users/<username>/quote_authorizations/<int:quoting_id>")(quote_stamp)
    blueprint.post("/inbox")(shared_inbox)
    blueprint.post("/actor/inbox", endpoint="instance_inbox")(shared_inbox)
    blueprint.post("/users/<username>/inbox")(inbox)
    collection_views.register(blueprint)
    featured_views.register(blueprint)


def instance() -> Response:
    """Whoever must sign needs our key first, so it is given to everybody."""
    here, urls = federating()
    return show(instance_actor.document(urls, instance_actor.key_pair(here.database).public))


def instance_outbox() -> Response:
    _, urls = federating()
    return show({"id": f"{instance_actor.uri(urls)}/outbox", "type": "OrderedCollection", "totalItems": 0})


def actor(username: str) -> Response:
    if not _wants_document():
        return _to_page(f"/@{username}")
    here, urls = open_to_asker()
    with here.database.read() as tx:
        row = member(tx, username)
        return show(documents.actor(urls, row, moved_to=outgoing.moved_to(tx, urls, row)))


def status(username: str, status_id: int) -> Response:
    if not _wants_document():
        return _to_page(f"/@{username}/{status_id}")
    here, urls = open_to_asker()
    with here.database.read() as tx:
        author, row = local_status(tx, urls, username, status_id)
        if row.boost_of_id is not None:
            return show(listings.activity_of(tx, urls, row, author) or {})
        return show(documents.note(urls, outgoing.note_parts(tx, urls, row)))


def activity(username: str, status_id: int) -> Response:
    here, urls = open_to_asker()
    with here.database.read() as tx:
        author, row = local_status(tx, urls, username, status_id)
        return show(listings.activity_of(tx, urls, row, author) or {})


def quote_stamp(username: str, quoting_id: int) -> Response:
    """That somebody of ours agreed to be quoted."""
    here, urls = open_to_asker()
    with here.database.read() as tx:
        row = member(tx, username)
        found = outgoing.quoting_of(tx, row.username, quoting_id)
        if found is None:
            raise HearthError("not-found", "There is no such leave.", status=404)
        quoting, quoted = found
        uri = quoting.uri or outgoing.uri_of(tx, urls, quoting)
        quoted_uri = urls.status(row.username, quoted.id)
        return show(quote_documents.stamp(urls, row.username, quoting_id, uri, quoted_uri))


def shared_inbox() -> Response:
    flask.request.max_content_length = reading.MAX_BYTES
    take_in(context(), doorkeeper(), message())
    return Response(status=202)


def inbox(username: str) -> Response:
    here = context()
    if here.origin:
        with here.database.read() as tx:
            member(tx, username)
    return shared_inbox()


def _wants_document() -> bool:
    accept = flask.request.headers.get("Accept", "")
    return "application/activity+json" in accept or "application/ld+json" in accept


def _to_page(path: str) -> Response:
    response = flask.redirect(quote(path, safe="/@"))  # names come from the address, whatever is in it
    response.headers["Vary"] = "Accept"
    return response


def _show_tombstone(gone: Gone) -> Response:
    return show(documents.tombstone(gone.uri), status=410)


def _too_large(_: RequestEntityTooLarge) -> Response:
    return show_error(HearthError("too-large", "This is too large.", "Send less.", status=413))
