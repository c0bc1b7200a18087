# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was asked before, and whose answer is still true, is answered before anything looks at it more closely."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Request

from appliance.fediverse.barred import Barred
from appliance.fediverse.db.kept import Kept
from appliance.fediverse.rate_limits import RateLimits

Headers = Iterable[tuple[str, str]]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def question(environ: Mapping[str, Any]) -> tuple[str, ...]:
    """All that an answer to a GET depends on, besides the database."""
    names = ("wsgi.url_scheme", "HTTP_HOST", "PATH_INFO", "QUERY_STRING", "HTTP_AUTHORIZATION")
    return tuple(environ.get(name, "") for name in names)


class Shortcut:
    """`headers` are those that go with every answer here. Who is kept out or asks too often is the app's to tell."""

    def __init__(self, app: WsgiApp, kept: Kept, barred: Barred, limits: RateLimits, headers: Headers) -> None:
        self._app = app
        self._kept = kept
        self._barred = barred
        self._limits = limits
        self._headers = list(headers)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET" and environ.get("PATH_INFO", "").startswith("/api/"):
            answer = self._kept.look(question(environ))
            if answer is not None and answer.status == 200:
                request = Request(environ)
                if not self._barred.is_barred(request.remote_addr or ""):
                    standing = self._limits.take(request)
                    if standing.left >= 0:
                        start_response("200 OK", [*answer.headers, *self._headers, *standing.headers()])
                        return [answer.body]
        return self._app(environ, start_response)
