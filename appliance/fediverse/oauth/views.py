# SPDX-License-Identifier: AGPL-3.0-or-later
"""The OAuth endpoints for programs: token, revoke, metadata. https://docs.joinmastodon.org/methods/oauth/"""

import base64
import binascii

import flask

from appliance.fediverse.context import context, request_urls
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.oauth import apps, scopes, tokens
from appliance.fediverse.oauth.errors import OAuthError
from appliance.fediverse.services import throttle
from appliance.secret import Secret

TOKENS_FREE = 100  # per address, before waits begin: an app needs one


def token() -> flask.Response:
    arguments = Arguments.of_request()
    grant = arguments.text("grant_type") or ""
    if grant not in ("authorization_code", "client_credentials"):
        raise OAuthError(
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
        )
    client_id, secret = _credentials(arguments)
    database = context().database
    if grant == "client_credentials":
        with database.write() as tx:
            client = apps.authenticate(tx, client_id, secret)
            throttle.attempt(tx, throttle.by_address("tokens", flask.request.remote_addr or "", free=TOKENS_FREE))
            wanted = scopes.parse(arguments.text("scope") or "")
            if not scopes.within(wanted, client.scopes):
                raise OAuthError("invalid_scope", "The requested scope is invalid, unknown, or malformed.")
            return _no_store(tokens.issue(tx, client.id, None, wanted).to_dict())
    code = arguments.text("code") or ""
    try:
        with database.write() as tx:
            client = apps.authenticate(tx, client_id, secret)
            given = tokens.exchange(
                tx, client, code, arguments.text("redirect_uri") or "", arguments.text("code_verifier")
            )
    except OAuthError as error:
        if error.key == "invalid_grant":
            with database.write() as tx:
                tokens.spend(tx, code)
        raise
    return _no_store(given.to_dict())


def revoke() -> flask.Response:
    arguments = Arguments.of_request()
    client_id, secret = _credentials(arguments)
    with context().database.write() as tx:
        client = apps.authenticate(tx, client_id, secret)
        tokens.revoke(tx, client, arguments.text("token") or "")
    return _no_store({})


def metadata() -> flask.Response:
    """RFC 8414."""
    origin = request_urls().origin
    return flask.jsonify(
        {
            "issuer": f"{origin}/",
            "service_documentation": "https://docs.joinmastodon.org/",
            "authorization_endpoint": f"{origin}/oauth/authorize",
            "token_endpoint": f"{origin}/oauth/token",
            "revocation_endpoint": f"{origin}/oauth/revoke",
            "userinfo_endpoint": f"{origin}/oauth/userinfo",
            "app_registration_endpoint": f"{origin}/api/v1/apps",
            "scopes_supported": list(scopes.ALL),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


def _credentials(arguments: Arguments) -> tuple[str, Secret]:
    """From the body, or by HTTP Basic (RFC 6749, 2.3.1)."""
    header = flask.request.headers.get("Authorization", "")
    if header.lower().startswith("basic "):
        try:
            name, _, password = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name, password = "", ""
        return name, Secret(password)
    return arguments.text("client_id") or "", Secret(arguments.text("client_secret") or "")


def _no_store(answer: "dict[str, str | int]") -> flask.Response:
    response = flask.jsonify(answer)
    response.headers["Cache-Control"] = "no-store"
    return response
