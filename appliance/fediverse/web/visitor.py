# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who looks at the page: a logged-in member or a stranger, and the cookies by which we know."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, request

from appliance.errors import HearthError
from appliance.fediverse.context import context, request_urls
from appliance.fediverse.model import Registration
from appliance.fediverse.services import instance_settings, members, sessions
from appliance.fediverse.services.instance_settings import InstanceSettings
from appliance.fediverse.services.members import Member
from appliance.fediverse.services.sessions import Session
from appliance.secret import Secret
from appliance.system.clock import from_milliseconds

# What ties a form to a browser that is not logged in: the form repeats an HMAC of this cookie.
FORM_COOKIE = "hearth_form"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Visitor:
    """Read once per request. `session` and `member` are both there or neither."""

    instance: InstanceSettings
    token: Secret | None = None
    session: Session | None = None
    member: Member | None = None


class LoginNeeded(HearthError):
    """Answered by the login page, which leads back."""

    def __init__(self) -> None:
        super().__init__("login-needed", "Log in first.", status=401)


def visitor() -> Visitor:
    if "visitor" not in g:
        g.visitor = _read()
    found: Visitor = g.visitor
    return found


def forget() -> None:
    """Take the visitor for a stranger to an instance of which nothing is known: for when the database fails."""
    g.visitor = Visitor(InstanceSettings("", "", (), Registration.CLOSED, None))


def member() -> Member:
    """The member who is logged in. Raises LoginNeeded."""
    found = visitor().member
    if found is None:
        raise LoginNeeded
    return found


def session() -> Session:
    found = visitor().session
    if found is None:
        raise LoginNeeded
    return found


def address() -> str:
    return request.remote_addr or "unknown"


def log_in(account_id: int) -> None:
    """Open a new session for this browser and end the one it had."""
    now = visitor()
    with context().database.write() as tx:
        if now.session is not None:
            sessions.end(tx, now.session.account_id, now.session.id)
        g.new_token = sessions.open(tx, account_id, request.user_agent.string, address())


def log_out() -> None:
    now = visitor()
    if now.session is not None:
        with context().database.write() as tx:
            sessions.end(tx, now.session.account_id, now.session.id)
    g.new_token = None


def csrf_token() -> str:
    """For forms: only this browser's session, or its form cookie while nobody is logged in, gives it."""
    token = visitor().token
    return csrf_of(token) if token else csrf_of(_form_secret())


def csrf_of(secret: Secret) -> str:
    return hmac.new(secret.reveal().encode(), b"csrf", hashlib.sha256).hexdigest()


def form_cookie() -> Secret | None:
    return _cookie(_name(FORM_COOKIE))


def keep_cookies(response: Response) -> Response:
    """Set what the request decided: a new session, its end, its thirty days anew, a form cookie."""
    if "new_token" in g:
        _set_session(response, g.new_token)
    elif g.get("touched") and visitor().token:
        _set_session(response, visitor().token)
    if "form_secret" in g:
        response.set_cookie(
            _name(FORM_COOKIE), g.form_secret.reveal(), httponly=True, samesite="Lax", secure=_secure(), path="/"
        )
    if "visitor" in g and (g.visitor.member or "form_secret" in g or "new_token" in g):
        response.headers["Cache-Control"] = "no-store"
    response.vary.add("Cookie")
    return response


def for_templates() -> dict[str, Any]:
    now = visitor()
    return {
        "instance": now.instance,
        "site": now.instance.title or "Hearth",
        "me": now.member,
        "csrf_token": csrf_token,
        "host": request_urls().host,
        "plain_http": request_urls().origin.startswith("http://"),
        "day": _day,
        "moment": _moment,
    }


def _day(value: int | datetime) -> str:
    moment = from_milliseconds(value) if isinstance(value, int) else value
    return f"{moment.day} {moment:%B %Y}"


def _moment(value: int | datetime) -> str:
    moment = from_milliseconds(value) if isinstance(value, int) else value
    return f"{_day(moment)}, {moment:%H:%M} UTC"


def _read() -> Visitor:
    token = _cookie(_name(sessions.COOKIE))
    with context().database.read() as tx:
        instance = instance_settings.get(tx)
        session = sessions.look(tx, token) if token else None
        member = members.by_id(tx, session.account_id) if session else None
        stale = session is not None and sessions.needs_touch(tx, session)
    if session is None or member is None:
        return Visitor(instance)
    if stale:
        with context().database.write() as tx:
            sessions.touch(tx, session)
        g.touched = True
    return Visitor(instance, token, session, member)


def _form_secret() -> Secret:
    if "form_secret" in g:
        made: Secret = g.form_secret
        return made
    kept = form_cookie()
    if kept is None:
        kept = g.form_secret = Secret(secrets.token_urlsafe(32))
    return kept


def _name(cookie: str) -> str:
    """Cookies ignore ports: without the port in the name, two boxes on one laptop would log each other out."""
    _, colon, port = request.host.rpartition(":")
    return f"{cookie}_{port}" if colon and port.isdigit() else cookie


def _cookie(name: str) -> Secret | None:
    value = request.cookies.get(name, "")
    return Secret(value) if _TOKEN.fullmatch(value) else None


def _set_session(response: Response, token: Secret | None) -> None:
    if token is None:
        response.delete_cookie(_name(sessions.COOKIE), path="/", httponly=True, samesite="Lax", secure=_secure())
        return
    response.set_cookie(
        _name(sessions.COOKIE),
        token.reveal(),
        max_age=sessions.LIFETIME_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=_secure(),
        path="/",
    )


def _secure() -> bool:
    return urlsplit(request_urls().origin).scheme == "https"
