# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages for what went wrong: one sentence, what to do next, and a way out."""

import logging
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from appliance.errors import HearthError
from appliance.fediverse.web.forms import drain
from appliance.fediverse.web.visitor import LoginNeeded, for_templates, forget

log = logging.getLogger(__name__)

_TITLES = {
    400: "That could not be read",
    401: "Log in first",
    403: "Not allowed",
    404: "There is nothing here",
    405: "That does not work here",
    410: "It is gone",
    413: "That is too big",
    429: "Slow down a little",
    500: "Something broke",
    503: "One moment, please",
}
_SENTENCES = {
    400: ("The server could not make sense of this.", "Go back and try again."),
    404: ("Perhaps the address has a slip of the pen, or what was here is for fewer eyes.", "Check the address."),
    405: ("This address is not asked in that way.", "Go back and try again."),
    413: ("More was sent than a form here can take.", "Send less of it."),
    500: ("This is our fault and not yours. It has been written down.", "Try again in a moment."),
}


def add_to(web: Blueprint) -> None:
    web.register_error_handler(LoginNeeded, _login_first)
    web.register_error_handler(HearthError, error_page)
    web.register_error_handler(HTTPException, _http_error)
    web.register_error_handler(Exception, _broken)


def error_page(error: HearthError) -> Response:
    """The page for an error; works for any request of an app that has the blueprint."""
    page = render_template(
        "web/error.html",
        title=_TITLES.get(error.status, "That did not work"),
        sentence=error.sentence,
        remedy=error.remedy,
        **_surroundings(),
    )
    response = make_response(page, error.status)
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _surroundings() -> dict[str, Any]:
    """What the page shows around the error; it must be shown even if just that can't be read."""
    try:
        return for_templates()
    except Exception:
        log.exception("an error page has to do without its surroundings")
        forget()
        return for_templates()


def http_error(status: int) -> HearthError:
    """The words for an HTTP status that Flask or Werkzeug answered with."""
    sentence, remedy = _SENTENCES.get(status, ("That did not work.", "Go back and try again."))
    return HearthError("http", sentence, remedy, status=status)


def _login_first(_: LoginNeeded) -> BaseResponse:
    back = request.full_path.removesuffix("?") if request.method == "GET" else "/settings"
    return redirect(f"/login?next={quote(back, safe='')}", 303)


def _http_error(error: HTTPException) -> Response | BaseResponse:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    if error.code == 413:
        drain()
    response = error_page(http_error(error.code))
    if error.code == 405:
        response.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ("GET", "POST"))
    return response


def _broken(error: Exception) -> Response:
    log.exception("a page failed", exc_info=error)
    return error_page(http_error(500))
