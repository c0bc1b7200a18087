# SPDX-License-Identifier: AGPL-3.0-or-later
"""The web application: one Flask app of the client API, OAuth, federation and pages."""

import logging

import flask
import sqlalchemy as sa
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from appliance import design
from appliance.errors import HearthError
from appliance.fediverse import activitypub, mastodon_api, oauth, web
from appliance.fediverse.barred import Barred
from appliance.fediverse.context import Context
from appliance.fediverse.context import context as get_context
from appliance.fediverse.db.kept import Kept
from appliance.fediverse.mastodon_api.routing import as_response
from appliance.fediverse.mastodon_api.uploads import UploadRequest
from appliance.fediverse.media import views as media_views
from appliance.fediverse.oauth.errors import OAuthError
from appliance.fediverse.rate_limits import RateLimits
from appliance.fediverse.services.throttle import TooManyTries
from appliance.fediverse.shortcut import Shortcut

MAX_BODY = 1024 * 1024
# What programs of any site may ask (CORS), since a token and no cookie says who asks.
_FOR_ALL_SITES = ("/api/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/.well-known/", "/nodeinfo/")
_COUNTED = ("/api/", "/oauth/token", "/oauth/revoke")
_FOR_OAUTH = ("/oauth/token", "/oauth/revoke")
_FOR_PROGRAMS = (*_FOR_ALL_SITES, "/inbox", "/users/")
_OPEN = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS"),
    ("Access-Control-Allow-Headers", "*, Authorization, Content-Type, Idempotency-Key"),
    ("Access-Control-Expose-Headers", "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"),
    ("Access-Control-Max-Age", "7200"),
)
_log = logging.getLogger(__name__)


def create_app(context: Context) -> flask.Flask:
    app = flask.Flask("appliance.fediverse", static_folder=None)
    app.request_class = UploadRequest
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, MAX_FORM_MEMORY_SIZE=MAX_BODY, MAX_FORM_PARTS=200)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    # Some apps write a slash at the end, as in /oauth/authorize/, and Mastodon does not mind.
    app.url_map.strict_slashes = False
    context.attach(app)
    design.register(app)
    app.add_url_rule("/health", "health", _health)
    barred, limits = Barred(context), RateLimits(context.clock)
    _limit(app, barred, limits)
    app.before_request(_answer_preflight)
    app.after_request(_open_to_all_sites)
    app.register_error_handler(HearthError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _fail)
    for blueprint in (
        media_views.blueprint(),
        oauth.blueprint(),
        mastodon_api.blueprint(),
        activitypub.blueprint(),
        web.blueprint(),
    ):
        app.register_blueprint(blueprint)
    _shorten(app, context.database.kept, barred, limits)
    return app


def _limit(app: flask.Flask, barred: Barred, limits: RateLimits) -> None:
    """Before anything else: who is kept out, and who asks too often."""

    def before() -> flask.Response | None:
        request = flask.request
        if barred.is_barred(request.remote_addr or ""):
            return flask.Response("Forbidden\n", 403, content_type="text/plain; charset=utf-8")
        if request.method != "OPTIONS" and request.path.startswith(_COUNTED):
            flask.g.standing = standing = limits.take(request)
            if standing.left < 0:
                return as_response({"error": "Too many requests"}, 429)
        return None

    def after(response: flask.Response) -> flask.Response:
        standing = flask.g.get("standing")
        if standing is not None:
            response.headers.update(standing.headers())
            if response.status_code == 401 or (_claims_token() and not flask.g.get("admitted")):
                limits.note_refused_token(flask.request.remote_addr or "")
        return response

    app.before_request(before)
    app.after_request(after)


def _claims_token() -> bool:
    """Whether the request brought a token, which may be anything where nothing looks at it (`admitted`)."""
    return flask.request.headers.get("Authorization", "")[:7].lower() == "bearer "


def _shorten(app: flask.Flask, kept: Kept, barred: Barred, limits: RateLimits) -> None:
    """Answer at once what was kept, with the headers that every answer gets."""
    with app.test_request_context("/api/"):
        usual = app.process_response(flask.Response())
    own = {"Content-Type", "Content-Length"}
    headers = [header for header in usual.headers if header[0] not in own]
    app.wsgi_app = Shortcut(app.wsgi_app, kept, barred, limits, headers)  # type: ignore[method-assign]


def _health() -> str | dict[str, str]:
    """Answers only when the database does. https://docs.joinmastodon.org/methods/health/"""
    with get_context().database.read() as tx:
        tx.execute(sa.select(1))
    # As documented for whoever asks for JSON; to all others as Mastodon really says it.
    return {"status": "UP"} if "json" in flask.request.headers.get("Accept", "") else "OK"


def _answer_preflight() -> flask.Response | None:
    if flask.request.method == "OPTIONS" and flask.request.path.startswith(_FOR_ALL_SITES):
        return flask.Response(status=204)
    return None


def _open_to_all_sites(response: flask.Response) -> flask.Response:
    if flask.request.path.startswith(_FOR_ALL_SITES):
        response.headers.update(_OPEN)
    return response


def _refuse(error: HearthError) -> flask.typing.ResponseReturnValue:
    path = flask.request.path
    if not path.startswith(_FOR_PROGRAMS):
        return web.error_page(error)
    if isinstance(error, OAuthError) and path.startswith(_FOR_OAUTH):
        return {"error": error.key, "error_description": error.sentence}, error.status
    body = {"error": error.sentence}
    if isinstance(error, TooManyTries) and path.startswith("/api/"):
        body["error"] = "Too many requests"
    if error.remedy:
        body["error_description"] = error.remedy
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = f'Bearer realm="Hearth", error="{error.key}"'
    if isinstance(error, TooManyTries):
        headers["Retry-After"] = str(error.retry_after)
    return body, error.status, headers


def _refuse_http(error: HTTPException) -> flask.typing.ResponseReturnValue:
    if isinstance(error, RequestEntityTooLarge):
        sentence = "This is larger than one megabyte."
        if flask.request.max_content_length != MAX_BODY:
            sentence = "This file is too large."
        return _refuse(HearthError("too-large", sentence, "Send less at once.", status=413))
    status = error.code or 500
    if status < 400:
        return error.get_response()  # a redirect of the router's
    sentences = {404: "Record not found" if flask.request.path.startswith("/api/") else "There is nothing here."}
    sentence = sentences.get(status) or error.name
    return _refuse(HearthError(f"http-{status}", sentence, status=status))


def _fail(error: Exception) -> flask.typing.ResponseReturnValue:
    _log.error("%s %s failed", flask.request.method, flask.request.path, exc_info=error)
    return _refuse(HearthError("failed", "Something went wrong here.", "Try again in a moment.", status=500))
