# SPDX-License-Identifier: AGPL-3.0-or-later
"""Access tokens: given for a code or to an app itself, found, and revoked (RFC 6749, RFC 7009)."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, apps, codes, members, tokens
from appliance.fediverse.model import MemberState
from appliance.fediverse.oauth import scopes, secrets
from appliance.fediverse.oauth.apps import App
from appliance.fediverse.oauth.errors import OAuthError
from appliance.fediverse.services import visits
from appliance.secret import Secret

MAX_TOKENS = 30
SEEN_MILLISECONDS = 60 * 60 * 1000
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_FIND = (
    sa.select(
        tokens.c.id,
        tokens.c.app_id,
        tokens.c.account_id,
        tokens.c.scopes,
        tokens.c.last_used_at,
        members.c.state,
        accounts.c.suspended_at,
        accounts.c.deleted_at,
    )
    .outerjoin(members, members.c.account_id == tokens.c.account_id)
    .outerjoin(accounts, accounts.c.id == tokens.c.account_id)
    .where(tokens.c.hash == sa.bindparam("hash"))
)


@dataclass(frozen=True)
class Token:
    """`secret` is known only here, right after it was made. `account_id` is None for an app's own token."""

    secret: Secret
    account_id: int | None
    scopes: tuple[str, ...]
    created_at: int

    def to_dict(self) -> dict[str, str | int]:
        """https://docs.joinmastodon.org/entities/Token/"""
        return {
            "access_token": self.secret.reveal(),
            "token_type": "Bearer",
            "scope": " ".join(self.scopes),
            "created_at": self.created_at // 1000,
        }


@dataclass(frozen=True)
class Caller:
    """Who asks: an app, for a member or (account_id None) for itself. `unseen`: not noted as used for an hour."""

    token_id: int
    app_id: int
    account_id: int | None
    scopes: frozenset[str]
    unseen: bool = False

    def may(self, scope: str) -> bool:
        return scopes.covers(self.scopes, scope)


class TokenRefused(OAuthError):
    """401 for tokens that are none, 403 for members who may not act now."""

    def __init__(self, sentence: str = "The access token is invalid", *, status: int = 401) -> None:
        super().__init__("invalid_token", sentence, status=status)


def find(tx: Tx, token: str) -> Caller:
    """Raises TokenRefused."""
    row = tx.one(_FIND, {"hash": secrets.digest(token)})
    if row is None:
        raise TokenRefused
    if row.account_id is not None:
        _check_member(row)
    unseen = (row.last_used_at or 0) < tx.now_ms - SEEN_MILLISECONDS
    return Caller(row.id, row.app_id, row.account_id, frozenset(row.scopes.split()), unseen)


def exchange(tx: Tx, client: App, code: str, redirect_uri: str, verifier: str | None) -> Token:
    """A token for a code, which is spent whatever comes of it. Raises OAuthError invalid_grant."""
    digest = secrets.digest(code)
    row = tx.one(sa.select(codes).where(codes.c.hash == digest))
    if row is None or row.app_id != client.id or row.expires_at <= tx.now_ms or row.redirect_uri != redirect_uri:
        raise _bad_grant()
    if row.token_id is not None:  # exchanged before
        raise _bad_grant()
    if row.challenge is not None and not _fits(verifier, row.challenge):
        raise _bad_grant()
    if row.challenge is None and verifier:
        raise _bad_grant()
    token = issue(tx, client.id, row.account_id, tuple(row.scopes.split()))
    made = sa.select(tokens.c.id).where(tokens.c.hash == secrets.digest(token.secret.reveal())).scalar_subquery()
    tx.execute(sa.update(codes).where(codes.c.hash == digest).values(token_id=made))
    return token


def spend(tx: Tx, code: str) -> None:
    """A code that was tried with the wrong verifier or address is worth nothing any more, and one that comes a second
    time was overheard: what it was exchanged for is taken back (RFC 6749, 4.1.2)."""
    mine = codes.c.hash == secrets.digest(code)
    row = tx.one(sa.select(codes.c.token_id).where(mine))
    if row is not None and row.token_id is not None:
        tx.execute(sa.delete(tokens).where(tokens.c.id == row.token_id))
    tx.execute(sa.delete(codes).where(mine))


def issue(tx: Tx, app_id: int, account_id: int | None, granted: tuple[str, ...]) -> Token:
    """An app holds a few for each member at most: the oldest give way."""
    secret = secrets.make()
    _make_room(tx, app_id, account_id)
    if account_id is not None:
        tx.execute(sa.update(apps).where(apps.c.id == app_id, apps.c.used_at.is_(None)).values(used_at=tx.now_ms))
    tx.execute(
        sa.insert(tokens).values(
            id=tx.next_id(),
            hash=secrets.digest(secret.reveal()),
            app_id=app_id,
            account_id=account_id,
            scopes=" ".join(granted),
            created_at=tx.now_ms,
        )
    )
    return Token(secret, account_id, granted, tx.now_ms)


def revoke(tx: Tx, client: App, token: str) -> None:
    """Unknown tokens are no error (RFC 7009, 2.2). Raises OAuthError unauthorized_client for another app's."""
    row = tx.one(sa.select(tokens).where(tokens.c.hash == secrets.digest(token)))
    if row is None:
        return
    if row.app_id != client.id:
        raise OAuthError("unauthorized_client", "You are not authorized to revoke this token", status=403)
    tx.execute(sa.delete(tokens).where(tokens.c.id == row.id))


def note_use(tx: Tx, caller: Caller) -> None:
    """Keep when the token was used last, and with it when the member was here."""
    tx.execute(sa.update(tokens).where(tokens.c.id == caller.token_id).values(last_used_at=tx.now_ms))
    if caller.account_id is not None:
        mine = members.c.account_id == caller.account_id
        tx.execute(sa.update(members).where(mine).values(last_seen_at=tx.now_ms))
        visits.note(tx, caller.account_id)


def _make_room(tx: Tx, app_id: int, account_id: int | None) -> None:
    mine = sa.and_(tokens.c.app_id == app_id, tokens.c.account_id.is_not_distinct_from(account_id))
    kept = sa.select(tokens.c.id).where(mine).order_by(tokens.c.id.desc()).limit(MAX_TOKENS - 1)
    newest = [row.id for row in tx.all(kept)]
    if len(newest) == MAX_TOKENS - 1:
        tx.execute(sa.delete(tokens).where(mine, tokens.c.id < newest[-1]))


def _check_member(row: sa.Row[Any]) -> None:
    if row.state == MemberState.PENDING.value:
        raise TokenRefused("Your login is currently pending approval", status=403)
    if row.state != MemberState.ACTIVE.value or row.suspended_at is not None or row.deleted_at is not None:
        raise TokenRefused("Your login is currently disabled", status=403)


def _fits(verifier: str | None, challenge: str) -> bool:
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest.decode(), challenge)


def _bad_grant() -> OAuthError:
    return OAuthError(
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in "
        "the authorization request, or was issued to another client.",
    )
