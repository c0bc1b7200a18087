# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions: a browser that is logged in. The cookie holds a random token, the table only its SHA-256."""

import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, members, sessions
from appliance.fediverse.model import MemberState
from appliance.fediverse.services import visits
from appliance.secret import Secret

COOKIE = "hearth_session"
LIFETIME_SECONDS = 30 * 24 * 60 * 60
# Being seen is written down at most this often: reading a page should not write.
_TOUCH_SECONDS = 60 * 60
_MAX_BROWSER = 300


@dataclass(frozen=True)
class Session:
    """Times are milliseconds since 1970; `browser` is its User-Agent."""

    id: int
    account_id: int
    browser: str
    address: str
    created_at: int
    last_seen_at: int


def hash_token(token: Secret) -> str:
    """For random tokens of 128 bits and more; passwords go through `appliance.passwords`."""
    return hashlib.sha256(token.reveal().encode(errors="replace")).hexdigest()


def open(tx: Tx, account_id: int, browser: str, address: str) -> Secret:
    """Log a browser in; the token is for its cookie. Always a new one, so nobody can be given a known session."""
    tx.execute(sa.delete(sessions).where(sessions.c.last_seen_at < _oldest(tx)))
    token = Secret(secrets.token_urlsafe(32))
    tx.execute(
        sa.insert(sessions).values(
            id=tx.next_id(),
            hash=hash_token(token),
            account_id=account_id,
            browser=browser[:_MAX_BROWSER],
            address=address,
            created_at=tx.now_ms,
            last_seen_at=tx.now_ms,
        )
    )
    tx.execute(sa.update(members).where(members.c.account_id == account_id).values(last_seen_at=tx.now_ms))
    visits.note(tx, account_id)
    return token


def look(tx: Tx, token: Secret) -> Session | None:
    """The session behind a cookie, while it lives and its member is active and not suspended."""
    row = tx.one(
        sa.select(sessions)
        .join(members, members.c.account_id == sessions.c.account_id)
        .join(accounts, accounts.c.id == sessions.c.account_id)
        .where(
            sessions.c.hash == hash_token(token),
            sessions.c.last_seen_at >= _oldest(tx),
            members.c.state == MemberState.ACTIVE.value,
            accounts.c.suspended_at.is_(None),
        )
    )
    return _session(row) if row else None


def find(tx: Tx, token: Secret) -> int | None:
    """The account that is logged in with this token."""
    session = look(tx, token)
    return session.account_id if session else None


def needs_touch(tx: Tx, session: Session) -> bool:
    return abs(tx.now_ms - session.last_seen_at) > _TOUCH_SECONDS * 1000


def touch(tx: Tx, session: Session) -> None:
    """Seen now: it lives another thirty days."""
    tx.execute(sa.update(sessions).where(sessions.c.id == session.id).values(last_seen_at=tx.now_ms))
    tx.execute(sa.update(members).where(members.c.account_id == session.account_id).values(last_seen_at=tx.now_ms))
    visits.note(tx, session.account_id)


def of(tx: Tx, account_id: int) -> list[Session]:
    """All that live, the one seen last first."""
    rows = tx.all(
        sa.select(sessions)
        .where(sessions.c.account_id == account_id, sessions.c.last_seen_at >= _oldest(tx))
        .order_by(sessions.c.last_seen_at.desc(), sessions.c.id.desc())
    )
    return [_session(row) for row in rows]


def end(tx: Tx, account_id: int, session_id: int) -> None:
    """End one of this account's; nothing happens if there is none such."""
    tx.execute(sa.delete(sessions).where(sessions.c.id == session_id, sessions.c.account_id == account_id))


def end_all(tx: Tx, account_id: int, *, but: int | None = None) -> None:
    condition = sessions.c.account_id == account_id
    if but is not None:
        condition &= sessions.c.id != but
    tx.execute(sa.delete(sessions).where(condition))


def is_known_address(tx: Tx, account_id: int, address: str) -> bool:
    """True if this account is logged in from there at the moment."""
    return any(session.address == address for session in of(tx, account_id))


def _oldest(tx: Tx) -> int:
    return tx.now_ms - LIFETIME_SECONDS * 1000


def _session(row: sa.Row[tuple[object, ...]]) -> Session:
    return Session(row.id, row.account_id, row.browser, row.address, row.created_at, row.last_seen_at)
