# SPDX-License-Identifier: AGPL-3.0-or-later
"""What all views for other servers share: who asks, for whom, and how documents are answered."""

import json
from typing import Any

import flask
from werkzeug.wrappers import Response

from appliance.errors import HearthError
from appliance.fediverse.activitypub import documents, known, signatures
from appliance.fediverse.activitypub.budget import TooMuch
from appliance.fediverse.activitypub.documents import MEDIA_TYPE, Document, Row
from appliance.fediverse.activitypub.sender import Doorkeeper, authenticate_question
from appliance.fediverse.activitypub.signatures import BadSignature, Message
from appliance.fediverse.context import Context, context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import instance_settings
from appliance.fediverse.urls import Urls

_DOORKEEPER = "hearth.doorkeeper"
_PUBLIC_SECONDS = 60
_NOT_YET = ("not-federating", "clock-not-set")


def federating() -> tuple[Context, Urls]:
    """Raises HearthError 404 while the instance has no name: nothing here may be known by a passing one."""
    here = context()
    urls = here.urls()
    if not urls.federating:
        raise HearthError(
            "not-federating", "This server has no name of its own yet.", "Try again in a day.", status=404
        )
    return here, urls


def open_to_asker() -> tuple[Context, Urls]:
    """As `federating`, for documents that only known servers may read where the instance wants it so: then who asks
    must have signed. Raises HearthError 404, BadSignature, Refused."""
    here, urls = federating()
    with here.database.read() as tx:
        guarded = instance_settings.authorized_fetch(tx)
    if guarded:
        asker(here, urls)
    return here, urls


def asker(here: Context, urls: Urls) -> Row:
    """The account that signed this question. Raises BadSignature, Refused, Unavailable."""
    sent = message()
    if "signature" not in sent.headers:
        raise BadSignature("This server answers signed questions only.")
    signature = signatures.read(sent, here.clock.now(), urls.origin)
    return authenticate_question(here, doorkeeper(), signature)


def member(tx: Tx, username: str) -> Row:
    row = known.local_named(tx, username)
    if row is None:
        gone = known.is_gone(tx, username)
        raise HearthError("not-found", "There is nobody of that name here.", status=410 if gone else 404)
    return row


def message() -> Message:
    """The request as it was signed: with its path as it came, before anybody decoded it."""
    environment: dict[str, Any] = flask.request.environ
    target = environment.get("RAW_URI") or environment.get("REQUEST_URI") or flask.request.full_path.rstrip("?")
    headers = {name.lower(): value for name, value in flask.request.headers.items()}
    return Message(flask.request.method, target, headers, flask.request.get_data(cache=False))


def doorkeeper() -> Doorkeeper:
    """One per process, made by the first request."""
    made: Doorkeeper = flask.current_app.extensions.setdefault(_DOORKEEPER, Doorkeeper(context().clock))
    return made


def before() -> int | None:
    text = flask.request.args.get("max_id", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def show(document: Document, *, status: int = 200) -> Response:
    """What was signed for is nobody else's."""
    body = json.dumps(documents.in_context(document), ensure_ascii=False)
    response = Response(body, status, content_type=f"{MEDIA_TYPE}; charset=utf-8")
    signed = "Signature" in flask.request.headers
    response.headers["Vary"] = "Accept, Signature"
    response.headers["Cache-Control"] = "private, no-store" if signed else f"public, max-age={_PUBLIC_SECONDS}"
    return response


def show_error(error: HearthError) -> Response:
    body = json.dumps({"error": error.sentence, "error_description": error.remedy, "key": error.key})
    response = Response(body, error.status, content_type="application/json")
    if error.key in _NOT_YET:
        response.headers["Retry-After"] = "300"
    if isinstance(error, TooMuch):
        response.headers["Retry-After"] = "1800"
    return response
