# SPDX-License-Identifier: AGPL-3.0-or-later
"""The consent page of OAuth 2 (RFC 6749, 4.1.1): what an app wants, and a member's yes or no."""

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.design import CONTENT_POLICY
from appliance.errors import HearthError
from appliance.fediverse.context import context
from appliance.fediverse.oauth import authorize
from appliance.fediverse.oauth.authorize import AuthorizationRequest
from appliance.fediverse.oauth.errors import OAuthError
from appliance.fediverse.web import forms
from appliance.fediverse.web.visitor import member

# What each scope lets an app do, in plain words.
_SCOPES = {
    "read": "read everything that you can read, private messages too",
    "write": "post, edit and delete as you, and change your profile",
    "follow": "follow, unfollow and block people as you",
    "push": "send notifications to your device",
    "profile": "see who you are: your name and your picture",
    "admin:read": "see all that moderators see: e-mail and IP addresses of members too",
    "admin:write": "moderate in your name, if you may: suspend accounts, block servers",
}


def add_to(web: Blueprint) -> None:
    web.add_url_rule("/oauth/authorize", "authorize", _show)
    web.add_url_rule("/oauth/authorize", "authorize_post", _answer, methods=["POST"])


def _show() -> Response:
    wanted = _wanted()
    if request.args.get("force_login") in ("true", "1"):
        asked = urlencode([each for each in request.args.items(multi=True) if each[0] != "force_login"])
        return redirect(f"/login?{urlencode({'again': '1', 'next': f'/oauth/authorize?{asked}'})}", 303)
    member()
    response = make_response(
        render_template(
            "web/authorize.html",
            app_name=wanted.client.name,
            website=urlsplit(wanted.client.website or "").netloc,
            permissions=_permissions(wanted.scopes),
            target=_target(wanted),
            action=request.full_path,
        )
    )
    # Browsers hold the redirect after a form to the same rule as the form itself.
    response.headers["Content-Security-Policy"] = CONTENT_POLICY.replace(
        "form-action 'self'", f"form-action 'self' {_source(wanted.redirect_uri)}".rstrip()
    )
    return response


def _answer() -> Response:
    wanted = _wanted()
    account_id = member().account_id
    if forms.text("answer") != "grant":
        if wanted.out_of_band:
            return redirect("/", 303)
        return _back(wanted, {"error": "access_denied", "error_description": "The member said no."})
    with context().database.write() as tx:
        code = authorize.issue_code(tx, wanted, account_id)
    if wanted.out_of_band:
        return make_response(render_template("web/code.html", app_name=wanted.client.name, code=code.reveal()))
    return _back(wanted, {"code": code.reveal()})


def _wanted() -> AuthorizationRequest:
    """Raises HearthError, which is shown as a page: an address nobody registered is never redirected to."""
    try:
        with context().database.read() as tx:
            return authorize.parse(tx, request.args)
    except OAuthError as error:
        raise HearthError(
            error.key,
            f"The app did not ask in the right way. It was told: {error.sentence}",
            "Go back to the app and start again. If that does not help, tell its makers.",
        ) from error


def _back(wanted: AuthorizationRequest, answer: dict[str, str]) -> Response:
    if wanted.state is not None:
        answer["state"] = wanted.state
    joiner = "&" if urlsplit(wanted.redirect_uri).query else "?"
    return redirect(f"{wanted.redirect_uri}{joiner}{urlencode(answer)}", 303)


def _permissions(scopes: tuple[str, ...]) -> list[str]:
    told = [_SCOPES[scope] for scope in scopes if scope in _SCOPES]
    for verb, words in (
        ("read", "read your"),
        ("write", "change your"),
        ("admin:read", "see as a moderator"),
        ("admin:write", "change as a moderator"),
    ):
        things = [scope.rpartition(":")[2].replace("_", " ") for scope in scopes if scope.startswith(f"{verb}:")]
        if things and verb not in scopes:
            told.append(f"{words} {', '.join(things)}")
    return told


def _target(wanted: AuthorizationRequest) -> str:
    """Where the answer goes, as far as a person can judge it: a host, or "" for an app on the same device."""
    parts = urlsplit(wanted.redirect_uri)
    return parts.netloc if parts.scheme in ("http", "https") else ""


def _source(redirect_uri: str) -> str:
    """A CSP source that allows the redirect: origin for the web, scheme for apps."""
    parts = urlsplit(redirect_uri)
    if parts.scheme in ("http", "https"):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:" if parts.scheme and parts.scheme != "urn" else ""
