# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first half of the authorization code grant (RFC 6749, 4.1) with PKCE (RFC 7636). The page itself is web/'s."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import codes
from appliance.fediverse.oauth import apps, scopes, secrets
from appliance.fediverse.oauth.apps import OUT_OF_BAND, App
from appliance.fediverse.oauth.errors import OAuthError
from appliance.secret import Secret

CODE_MILLISECONDS = 10 * 60 * 1000
MAX_STATE = 2000
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class AuthorizationRequest:
    """A checked request of `client` to act for somebody. `challenge` is PKCE's S256 one."""

    client: App
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None

    @property
    def out_of_band(self) -> bool:
        """The code is shown to be copied, and nothing is redirected."""
        return self.redirect_uri == OUT_OF_BAND


def parse(tx: Tx, arguments: Mapping[str, str]) -> AuthorizationRequest:
    """Check what came in the query. Raises OAuthError; then nothing may be redirected anywhere."""
    client = apps.find(tx, arguments.get("client_id", ""))
    redirect_uri = arguments.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris:
        raise OAuthError("invalid_request", "The redirect uri included is not valid.")
    if arguments.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "The authorization server does not support this response type.")
    wanted = scopes.parse(arguments.get("scope", ""))
    if not scopes.within(wanted, client.scopes):
        raise OAuthError("invalid_scope", "The requested scope is invalid, unknown, or malformed.")
    state = arguments.get("state")
    if state is not None and len(state) > MAX_STATE:
        raise OAuthError("invalid_request", "The state is too long.")
    return AuthorizationRequest(client, redirect_uri, wanted, state, _challenge(arguments))


def issue_code(tx: Tx, request: AuthorizationRequest, account_id: int) -> Secret:
    """A code that can be exchanged once, within ten minutes."""
    code = secrets.make()
    tx.execute(sa.delete(codes).where(codes.c.expires_at <= tx.now_ms))
    tx.execute(
        sa.insert(codes).values(
            hash=secrets.digest(code.reveal()),
            app_id=request.client.id,
            account_id=account_id,
            redirect_uri=request.redirect_uri,
            scopes=" ".join(request.scopes),
            challenge=request.challenge,
            expires_at=tx.now_ms + CODE_MILLISECONDS,
        )
    )
    return code


def _challenge(arguments: Mapping[str, str]) -> str | None:
    challenge = arguments.get("code_challenge")
    if not challenge and not arguments.get("code_challenge_method"):
        return None
    if arguments.get("code_challenge_method") != "S256":
        raise OAuthError("invalid_request", "The code_challenge_method must be S256.")
    if not challenge or not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "The code_challenge is malformed.")
    return challenge
