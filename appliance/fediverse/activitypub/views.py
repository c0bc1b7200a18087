# SPDX-License-Identifier: AGPL-3.0-or-later
"""What other servers ask of us: actors, posts, collections; and their inboxes' other end."""

import json
from typing import Any
from urllib.parse import quote

import flask
import sqlalchemy as sa
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from appliance.errors import HearthError
from appliance.fediverse.activitypub import documents, instance_actor, known, listings, reading
from appliance.fediverse.activitypub.documents import MEDIA_TYPE, Document, Row
from appliance.fediverse.activitypub.inbox import take_in
from appliance.fediverse.activitypub.outgoing import note_parts
from appliance.fediverse.activitypub.sender import Doorkeeper
from appliance.fediverse.activitypub.signatures import Message
from appliance.fediverse.context import Context, context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import statuses, tombstones
from appliance.fediverse.services.visibility import OPEN
from appliance.fediverse.urls import Urls

_DOORKEEPER = "hearth.doorkeeper"
_PUBLIC_SECONDS = 60
_NOT_YET = ("not-federating", "clock-not-set")


def register(blueprint: flask.Blueprint) -> None:
    blueprint.register_error_handler(HearthError, show_error)
    blueprint.register_error_handler(RequestEntityTooLarge, _too_large)
    blueprint.get("/actor")(instance)
    blueprint.get("/actor/outbox", endpoint="instance_outbox")(instance_outbox)
    blueprint.get("/users/<username>")(actor)
    blueprint.get("/users/<username>/statuses/<int:status_id>")(status)
    blueprint.get("/users/<username>/statuses/<int:status_id>/activity")(activity)
    blueprint.get("/users/<username>/outbox")(outbox)
    blueprint.get("/users/<username>/followers")(followers)
    blueprint.get("/users/<username>/following")(following)
    blueprint.get("/users/<username>/collections/featured")(featured)
    blueprint.post("/inbox")(shared_inbox)
    blueprint.post("/actor/inbox", endpoint="instance_inbox")(shared_inbox)
    blueprint.post("/users/<username>/inbox")(inbox)


def show_error(error: HearthError) -> Response:
    body = json.dumps({"error": error.sentence, "error_description": error.remedy, "key": error.key})
    response = Response(body, error.status, content_type="application/json")
    if error.key in _NOT_YET:
        response.headers["Retry-After"] = "300"
    return response


def federating() -> tuple[Context, Urls]:
    """Raises HearthError 404 while the instance has no name: nothing here may be known by a passing one."""
    here = context()
    urls = here.urls()
    if not urls.federating:
        raise HearthError(
            "not-federating", "This server has no name of its own yet.", "Try again in a day.", status=404
        )
    return here, urls


def member(tx: Tx, username: str) -> Row:
    row = known.local_named(tx, username)
    if row is None:
        raise HearthError("not-found", "There is nobody of that name here.", status=404)
    return row


def instance() -> Response:
    here, urls = federating()
    return _show(instance_actor.document(urls, instance_actor.key_pair(here.database).public))


def instance_outbox() -> Response:
    _, urls = federating()
    return _show({"id": f"{instance_actor.uri(urls)}/outbox", "type": "OrderedCollection", "totalItems": 0})


def actor(username: str) -> Response:
    if not _wants_document():
        return _to_page(f"/@{username}")
    here, urls = federating()
    with here.database.read() as tx:
        return _show(documents.actor(urls, member(tx, username)))


def status(username: str, status_id: int) -> Response:
    if not _wants_document():
        return _to_page(f"/@{username}/{status_id}")
    here, urls = federating()
    with here.database.read() as tx:
        author, row = _status(tx, urls, username, status_id)
        if isinstance(row, Response):
            return row
        if row.boost_of_id is not None:
            return _show(listings.activity_of(tx, urls, row, author) or {})
        return _show(documents.note(urls, note_parts(tx, urls, row)))


def activity(username: str, status_id: int) -> Response:
    here, urls = federating()
    with here.database.read() as tx:
        author, row = _status(tx, urls, username, status_id)
        return row if isinstance(row, Response) else _show(listings.activity_of(tx, urls, row, author) or {})


def outbox(username: str) -> Response:
    here, urls = federating()
    with here.database.read() as tx:
        account = member(tx, username)
        if "page" in flask.request.args:
            return _show(listings.outbox_page(tx, urls, account, _before()))
        return _show(listings.collection(urls.outbox(account.username), account.statuses_count))


def followers(username: str) -> Response:
    return _people(username, of_followers=True)


def following(username: str) -> Response:
    return _people(username, of_followers=False)


def featured(username: str) -> Response:
    here, urls = federating()
    with here.database.read() as tx:
        return _show(listings.featured(tx, urls, member(tx, username)))


def shared_inbox() -> Response:
    flask.request.max_content_length = reading.MAX_BYTES
    take_in(context(), _doorkeeper(), _message())
    return Response(status=202)


def inbox(username: str) -> Response:
    here = context()
    if here.origin:
        with here.database.read() as tx:
            member(tx, username)
    return shared_inbox()


def _people(username: str, *, of_followers: bool) -> Response:
    here, urls = federating()
    with here.database.read() as tx:
        account = member(tx, username)
        if "page" in flask.request.args:
            return _show(listings.people_page(tx, urls, account, followers=of_followers, before=_before()))
        uri = urls.followers(account.username) if of_followers else urls.following(account.username)
        return _show(listings.collection(uri, account.followers_count if of_followers else account.following_count))


def _status(tx: Tx, urls: Urls, username: str, status_id: int) -> tuple[Row, Row | Response]:
    """Author and status, or the tombstone of a deleted one. Raises HearthError 404, also for what is not public."""
    author = member(tx, username)
    row = status_id < 2**63 and tx.one(
        sa.select(statuses).where(
            statuses.c.id == status_id, statuses.c.account_id == author.id, statuses.c.visibility.in_(OPEN)
        )
    )
    if row:
        return author, row
    if tx.exists(sa.select(tombstones.c.uri).where(tombstones.c.uri == f"local:{status_id}")):
        return author, _show(documents.tombstone(urls.status(author.username, status_id)), status=410)
    raise HearthError("not-found", "There is no such post here.", status=404)


def _message() -> Message:
    """The request as it was signed: with its path as it came, before anybody decoded it."""
    environment: dict[str, Any] = flask.request.environ
    target = environment.get("RAW_URI") or environment.get("REQUEST_URI") or flask.request.full_path.rstrip("?")
    headers = {name.lower(): value for name, value in flask.request.headers.items()}
    return Message(flask.request.method, target, headers, flask.request.get_data(cache=False))


def _doorkeeper() -> Doorkeeper:
    """One per process, made by the first request."""
    made: Doorkeeper = flask.current_app.extensions.setdefault(_DOORKEEPER, Doorkeeper(context().clock))
    return made


def _wants_document() -> bool:
    accept = flask.request.headers.get("Accept", "")
    return "application/activity+json" in accept or "application/ld+json" in accept


def _before() -> int | None:
    text = flask.request.args.get("max_id", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _show(document: Document, *, status: int = 200) -> Response:
    body = json.dumps(documents.in_context(document), ensure_ascii=False)
    response = Response(body, status, content_type=f"{MEDIA_TYPE}; charset=utf-8")
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = f"public, max-age={_PUBLIC_SECONDS}"
    return response


def _to_page(path: str) -> Response:
    response = flask.redirect(quote(path, safe="/@"))  # names come from the address, whatever is in it
    response.headers["Vary"] = "Accept"
    return response


def _too_large(_: RequestEntityTooLarge) -> Response:
    return show_error(HearthError("too-large", "This is too large.", "Send less.", status=413))
