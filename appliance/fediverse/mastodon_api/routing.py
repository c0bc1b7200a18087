# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes as data: which scope each needs and what it does, in one transaction, once the caller is known."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask

from appliance.errors import HearthError
from appliance.fediverse.context import context, request_urls
from appliance.fediverse.db.database import Database, Tx
from appliance.fediverse.db.kept import Answer
from appliance.fediverse.mastodon_api import uploads
from appliance.fediverse.mastodon_api.arguments import Arguments, has_body, parse_id
from appliance.fediverse.oauth import tokens
from appliance.fediverse.oauth.errors import OAuthError
from appliance.fediverse.oauth.tokens import Caller, TokenRefused
from appliance.fediverse.shortcut import question
from appliance.fediverse.urls import Urls


@dataclass(frozen=True)
class Call:
    """One request, its caller known. `prepared` is what the route's `before` found out."""

    tx: Tx
    urls: Urls
    arguments: Arguments
    caller: Caller | None
    prepared: Any = None

    @property
    def viewer_id(self) -> int | None:
        """The member's account, or None: an app's own token, or nobody."""
        return self.caller.account_id if self.caller else None

    @property
    def account_id(self) -> int:
        """Raises HearthError for calls without a member."""
        if self.viewer_id is None:
            raise HearthError("no-user", "This method requires an authenticated user", status=422)
        return self.viewer_id


@dataclass(frozen=True)
class Afterwards:
    """An answer that is drawn when all is committed, so that others need not wait that long to write."""

    draw: Callable[[Tx], Any]


View = Callable[..., Any]
Before = Callable[[Arguments, Urls], Any]


@dataclass(frozen=True)
class Route:
    """`scopes`: one of them is needed; without any, a token is optional, but one that is given must hold
    `optional_scope`: else one that is good for little would show what only its member may see. `before` runs outside
    of any transaction and only for members who may: it asks other servers, which takes long, and strangers must not
    make us do that.
    With `uploads` the body may hold files: it is read once the caller is known, and may be large and take long."""

    method: str
    path: str
    view: View
    scopes: tuple[str, ...] = ()
    before: Before | None = None
    member: bool = True
    uploads: bool = False
    optional_scope: str = ""

    def add_to(self, blueprint: flask.Blueprint) -> None:
        endpoint = f"{self.method} {self.path}".replace(".", "_")
        # Clients add a slash at the end now and then, and Mastodon does not mind.
        blueprint.add_url_rule(self.path, endpoint, self.serve, methods=[self.method], strict_slashes=False)

    def serve(self, **path: str) -> flask.Response:
        # Some apps ask by GET with a body: they are answered, but what they are answered is not kept.
        if self.method != "GET" or self.before or has_body():
            return self._answer(**path)
        key = question(flask.request.environ)
        answer = context().database.kept.get(key, lambda: _keep(self._answer(**path)))
        flask.g.admitted = True  # or it would not have been answered before either
        return flask.Response(answer.body, answer.status, headers=answer.headers)

    def _answer(self, **path: str) -> flask.Response:
        if not self.uploads:
            return self._answer_at_once(**path)
        with context().database.read() as tx:
            self._admit(tx)
        with uploads.received():
            return self._answer_at_once(**path)

    def _answer_at_once(self, **path: str) -> flask.Response:
        database, urls = context().database, request_urls()
        ids = {name: parse_id(value) if name.endswith("_id") else value for name, value in path.items()}
        arguments = Arguments.of_request()
        caller, prepared = None, None
        if self.method != "GET" or self.before:
            with database.read() as tx:
                caller = self._admit(tx)
            if self.before and caller is not None and caller.account_id is not None:
                prepared = self.before(arguments, urls)
            with database.read() if self.method == "GET" else database.write() as tx:
                value = self.view(Call(tx, urls, arguments, caller, prepared), **ids)
            if isinstance(value, Afterwards):
                with database.read() as tx:
                    value = value.draw(tx)
            response = as_response(value)
        else:
            with database.read() as tx:
                caller = self._admit(tx)
                response = as_response(self.view(Call(tx, urls, arguments, caller), **ids))
        if caller is not None and caller.unseen:
            _note_use(database, caller)
        return response

    def _admit(self, tx: Tx) -> Caller | None:
        """Raises TokenRefused, HearthError."""
        given = flask.request.headers.get("Authorization", "")
        if given[:7].lower() != "bearer ":
            if self.scopes:
                raise TokenRefused
            return None
        caller = tokens.find(tx, given[7:].strip())
        flask.g.admitted = True  # for the rate limits: this token is one
        wanted = self.scopes or ((self.optional_scope,) if self.optional_scope else ())
        if wanted and not any(caller.may(scope) for scope in wanted):
            raise OAuthError("insufficient_scope", "This action is outside the authorized scopes", status=403)
        if self.scopes and self.member and caller.account_id is None:
            raise HearthError("no-user", "This method requires an authenticated user", status=422)
        return caller


def as_response(value: Any, status: int = 200) -> flask.Response:
    """JSON, written once, in the fewest bytes."""
    if isinstance(value, flask.Response):
        return value
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return flask.Response(body, status, content_type="application/json; charset=utf-8")


def _keep(response: flask.Response) -> Answer:
    return Answer(response.get_data(), tuple(response.headers), response.status_code)


def _note_use(database: Database, caller: Caller) -> None:
    # What the member's page says of her apps; not worth refusing anything for.
    with contextlib.suppress(HearthError), database.write() as tx:
        tokens.note_use(tx, caller)
