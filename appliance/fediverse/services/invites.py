# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invites: links that let one person in, once, within a week. The table holds only their SHA-256."""

import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import HearthError, Refused
from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, invites
from appliance.fediverse.model import Registration
from appliance.fediverse.services import instance_settings, members
from appliance.fediverse.services.sessions import hash_token
from appliance.secret import Secret

LIFETIME_SECONDS = 7 * 24 * 60 * 60
MAX_OPEN = 10


@dataclass(frozen=True)
class Invite:
    """Times are milliseconds since 1970; user names are None for people who are gone."""

    id: int
    created_by: str | None
    created_at: int
    expires_at: int
    used_by: str | None
    used_at: int | None


@dataclass(frozen=True)
class FreshInvite:
    """The only moment at which the token is known."""

    id: int
    token: Secret
    expires_at: int


def make(tx: Tx, account_id: int) -> FreshInvite:
    """Any active member may, unless registration is closed: then only the owner and moderators.

    Raises Refused not-allowed or joining-closed, HearthError too-many-invites.
    """
    _require_may_invite(tx, account_id)
    opened = tx.execute(
        sa.select(sa.func.count()).select_from(invites).where(invites.c.created_by == account_id, _is_open(tx))
    ).scalar_one()
    if opened >= MAX_OPEN:
        raise HearthError(
            "too-many-invites",
            f"You have {MAX_OPEN} invites that nobody has used yet.",
            "Take one back before you make another.",
            status=409,
        )
    fresh = FreshInvite(tx.next_id(), Secret(secrets.token_urlsafe(24)), tx.now_ms + LIFETIME_SECONDS * 1000)
    tx.execute(
        sa.insert(invites).values(
            id=fresh.id,
            hash=hash_token(fresh.token),
            created_by=account_id,
            created_at=tx.now_ms,
            expires_at=fresh.expires_at,
        )
    )
    return fresh


def check(tx: Tx, token: Secret) -> Invite:
    """The invite behind a token that can be used now. Raises, each with its own sentence, HearthError
    invite-unknown (404), invite-used (410) or invite-expired (410), and Refused joining-closed (403)."""
    row = tx.one(sa.select(invites).where(invites.c.hash == hash_token(token)))
    if row is None:
        raise HearthError(
            "invite-unknown", "This invite does not exist.", "Check that the whole link was copied.", status=404
        )
    if row.used_at is not None:
        raise HearthError(
            "invite-used", "This invite has been used already.", "Each lets in one person. Ask for another.", status=410
        )
    if row.expires_at <= tx.now_ms:
        raise HearthError(
            "invite-expired", "This invite has run out.", "They last one week. Ask for another.", status=410
        )
    _require_may_invite(tx, row.created_by)
    return next(invite for invite in _list(tx, invites.c.id == row.id))


def use(tx: Tx, token: Secret, account_id: int) -> None:
    """Spend it on this new member, in the transaction that makes her. Raises as `check` does."""
    invite = check(tx, token)
    tx.execute(sa.update(invites).where(invites.c.id == invite.id).values(used_by=account_id, used_at=tx.now_ms))


def open_of(tx: Tx, account_id: int) -> list[Invite]:
    """Those of this member that can be used still."""
    return _list(tx, sa.and_(invites.c.created_by == account_id, _is_open(tx)))


def every(tx: Tx) -> list[Invite]:
    """All that were ever made and not taken back, the newest first."""
    return _list(tx, sa.true())


def revoke(tx: Tx, invite_id: int, *, actor_id: int | None = None) -> None:
    """Take back one that nobody used; members their own, staff (and the box itself: no actor) any."""
    row = tx.one(sa.select(invites).where(invites.c.id == invite_id, invites.c.used_at.is_(None)))
    if row is not None and actor_id not in (None, row.created_by):
        members.require_staff(tx, actor_id or 0)
    if row is None:
        raise HearthError("unknown-invite", "There is no such unused invite.", "Look at the list again.", status=404)
    tx.execute(sa.delete(invites).where(invites.c.id == invite_id))


def _require_may_invite(tx: Tx, account_id: int | None) -> None:
    settings = instance_settings.get(tx)
    member = members.by_id(tx, account_id) if account_id is not None else None
    if not settings.title:
        raise Refused("joining-closed", "This place is not set up yet.", "Come back when it has a name.")
    if settings.registration is Registration.CLOSED and not (member and member.is_staff):
        raise Refused("joining-closed", "Nobody can join at the moment.", "Ask whoever runs this place.")
    if member is not None and not member.is_active:
        raise Refused("not-allowed", "This invite is no longer good.", "Ask for another.")


def _is_open(tx: Tx) -> "sa.ColumnElement[bool]":
    return sa.and_(invites.c.used_at.is_(None), invites.c.expires_at > tx.now_ms)


def _list(tx: Tx, condition: "sa.ColumnElement[bool]") -> list[Invite]:
    maker, guest = again(accounts, "maker"), again(accounts, "guest")
    query: sa.Select[Any] = (
        sa.select(invites, maker.c.username.label("maker_name"), guest.c.username.label("guest_name"))
        .outerjoin(maker, maker.c.id == invites.c.created_by)
        .outerjoin(guest, guest.c.id == invites.c.used_by)
        .where(condition)
        .order_by(invites.c.id.desc())
    )
    return [
        Invite(row.id, row.maker_name, row.created_at, row.expires_at, row.guest_name, row.used_at)
        for row in tx.all(query)
    ]
