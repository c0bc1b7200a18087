# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who sits at the browser: a signed cookie with the browser's token, the CSRF token and, once logged in, the owner.

Nothing else is kept. A session is the owner's only while its epoch is that of the status.
"""

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface

from appliance.console.context import status
from appliance.secret import Secret


class SessionInterface(SecureCookieSessionInterface):
    """Cookies ignore ports, so that two boxes on one laptop would log each other out: the port is in the name."""

    def get_cookie_name(self, app: Flask) -> str:
        return f"hearth_console_{_port()}"

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def browser() -> Secret:
    """The random token by which the supervisor knows this browser while it claims."""
    return Secret(_token("browser"))


def csrf_token() -> str:
    return _token("csrf")


def csrf_fits(given: str) -> bool:
    known = session.get("csrf")
    return isinstance(known, str) and hmac.compare_digest(known.encode(), given.encode())


def log_in(owner: str, epoch: int) -> None:
    """From now on this browser is the owner's. The CSRF token changes with the rights it guards."""
    session.permanent = True
    session["owner"] = owner
    session["epoch"] = epoch
    session["csrf"] = secrets.token_urlsafe(24)


def log_out() -> None:
    """Forget all, the browser's token too: whoever sits there next is somebody else."""
    session.clear()


def logged_in() -> bool:
    box = status().box
    return box.owner is not None and session.get("owner") == box.owner and session.get("epoch") == box.epoch


def _token(name: str) -> str:
    token = session.get(name)
    if not isinstance(token, str):
        token = session[name] = secrets.token_urlsafe(24)
        session.permanent = True
    return token


def _port() -> str:
    try:
        return str(urlsplit(f"//{request.host}").port or "")
    except ValueError:
        return ""
