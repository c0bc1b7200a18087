# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files as browsers and other servers get them. Names can't be guessed and never mean another file, so they are
kept for ever; and whatever is inside, no browser runs it."""

import flask

from appliance.errors import HearthError
from appliance.fediverse.context import context
from appliance.fediverse.media.kinds import TYPES
from appliance.fediverse.media.store import Shelf

_FOR_EVER = 365 * 24 * 3600
HARMLESS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",  # web apps draw pictures on canvases
    "Cache-Control": f"public, max-age={_FOR_EVER}, immutable",
}


def blueprint() -> flask.Blueprint:
    made = flask.Blueprint("media", __name__)
    # Imported here, since it shows what it finds by `send`.
    from appliance.fediverse.media import elsewhere

    made.add_url_rule("/media/<part>/<name>", "file", _file)
    elsewhere.add_to(made)
    return made


def send(shelf: Shelf, name: str) -> flask.Response:
    """A stored file. Raises HearthError not-found."""
    path = context().store.path(shelf, name)
    if path is None or not path.is_file():
        raise HearthError("not-found", "There is no such file.", status=404)
    # With conditional the Range header is understood, and If-None-Match.
    response = flask.send_file(
        path, mimetype=TYPES[name.rpartition(".")[2]], conditional=True, etag=name, max_age=_FOR_EVER
    )
    response.headers.update(HARMLESS)
    return response


def _file(part: str, name: str) -> flask.Response:
    return send(Shelf.FILES, f"{part}/{name}")
