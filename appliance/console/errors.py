# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every failure as a page in plain words; never a traceback."""

import logging

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from appliance.console.guard import MAX_BODY
from appliance.errors import HearthError

log = logging.getLogger(__name__)

_DRAIN = 32 * 1024 * 1024
_WORDS = {
    400: ("That could not be understood.", "Go back, load the page again and send it anew."),
    404: ("There is no such page here.", "Start again from the first page."),
    405: ("That page can't be used like this.", "Start again from the first page."),
    413: (
        "That is too much at once.",
        f"At most {MAX_BODY // 1024**2} MB can be sent. Go back and make it shorter; nothing was changed.",
    ),
}
_OTHERWISE = ("That did not work.", "Go back and try again.")
_INTERNAL = HearthError(
    "internal", "Something went wrong inside the box.", "Try again. What happened is in the log.", status=500
)


def install(app: Flask) -> None:
    app.register_error_handler(HearthError, page)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def page(error: HearthError) -> Response:
    """The error's own page; while a part of the box does not answer it loads itself again."""
    waiting = error.status == 503 and request.method in ("GET", "HEAD")
    response = make_response(render_template("console/error.html", error=error, waiting=waiting), error.status)
    if error.status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response(request.environ))
    if status == 413:
        _drain()
    sentence, remedy = _WORDS.get(status, _OTHERWISE)
    response = page(HearthError(f"http-{status}", sentence, remedy, status=status))
    if status == 405:
        response.headers["Allow"] = dict(error.get_headers(request.environ)).get("Allow", "GET")
    return response


def _unexpected(error: Exception) -> Response:
    log.error("a page failed: %s %s", request.method, request.path, exc_info=error)
    return page(_INTERNAL)


def _drain() -> None:
    """Read on for a while: a browser shows an answer only when it could send all it had."""
    body, left = request.environ["wsgi.input"], _DRAIN
    while left > 0:
        piece = body.read(min(65536, left))
        if not piece:
            return
        left -= len(piece)
