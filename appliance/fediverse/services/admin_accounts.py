# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounts as moderators look for them: by where they are, how they stand, what they are called."""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, invites, members, sessions
from appliance.fediverse.model import MemberState, Role
from appliance.fediverse.services.paging import Page, Paged

Row = sa.Row[Any]

_STAFF = (Role.OWNER.value, Role.MODERATOR.value)
_pending = members.c.state == MemberState.PENDING.value
# Who waits for approval is hidden by the same mark, and not suspended.
_suspended = sa.and_(accounts.c.suspended_at.is_not(None), sa.func.coalesce(_pending, sa.false()).is_(False))


class Standing(Enum):
    ACTIVE = "active"
    PENDING = "pending"
    DISABLED = "disabled"
    SILENCED = "silenced"
    SUSPENDED = "suspended"
    SENSITIZED = "sensitized"


_CONDITIONS: dict[Standing, Any] = {
    Standing.ACTIVE: accounts.c.suspended_at.is_(None),
    Standing.PENDING: _pending,
    Standing.DISABLED: members.c.state == MemberState.DISABLED.value,
    Standing.SILENCED: accounts.c.silenced_at.is_not(None),
    Standing.SUSPENDED: _suspended,
    Standing.SENSITIZED: accounts.c.sensitized_at.is_not(None),
}


@dataclass(frozen=True)
class Wanted:
    """None, or nothing, where it does not matter. Names are matched by their beginnings."""

    local: bool | None = None
    standings: frozenset[Standing] = frozenset()
    staff: bool = False
    roles: tuple[Role, ...] = ()
    invited_by: int | None = None
    username: str | None = None
    display_name: str | None = None
    domain: str | None = None
    email: str | None = None
    address: str | None = None


def page(tx: Tx, wanted: Wanted, page: Page) -> list[Row]:
    """Rows of `accounts`."""
    query = sa.select(accounts).outerjoin(members, members.c.account_id == accounts.c.id).where(*_conditions(wanted))
    return Paged(query.where(accounts.c.deleted_at.is_(None)), accounts.c.id).rows(tx, page)


def load(tx: Tx, ids: Collection[int]) -> dict[int, Row]:
    """Rows of `accounts` by id, with the columns of `members` that moderators are shown; those are None elsewhere."""
    query = (
        sa.select(
            accounts,
            members.c.role,
            members.c.state,
            members.c.reason,
            members.c.email,
            members.c.locale,
            members.c.app_id,
            members.c.sign_up_address,
            invites.c.created_by.label("invited_by"),
        )
        .outerjoin(members, members.c.account_id == accounts.c.id)
        .outerjoin(invites, invites.c.used_by == accounts.c.id)
        .where(accounts.c.id.in_(list(ids)))
    )
    return {row.id: row for row in tx.all(query)}


def addresses(tx: Tx, ids: Collection[int]) -> dict[int, list[tuple[str, int]]]:
    """Where members were logged in from, and when last, the latest first."""
    found: dict[int, list[tuple[str, int]]] = {}
    used = sa.func.max(sessions.c.last_seen_at)
    query = (
        sa.select(sessions.c.account_id, sessions.c.address, used.label("used_at"))
        .where(sessions.c.account_id.in_(list(ids)), sessions.c.address != "")
        .group_by(sessions.c.account_id, sessions.c.address)
        .order_by(used.desc())
    )
    for row in tx.all(query):
        found.setdefault(row.account_id, []).append((row.address, row.used_at))
    return found


def _conditions(wanted: Wanted) -> list[Any]:
    conditions: list[Any] = [_CONDITIONS[standing] for standing in wanted.standings]
    if wanted.local is not None:
        conditions.append((accounts.c.domain == "") == wanted.local)
    if wanted.staff:
        conditions.append(members.c.role.in_(_STAFF))
    if wanted.roles:
        conditions.append(members.c.role.in_([role.value for role in wanted.roles]))
    if wanted.invited_by is not None:
        guests = sa.select(invites.c.used_by).where(invites.c.created_by == wanted.invited_by)
        conditions.append(accounts.c.id.in_(guests.where(invites.c.used_by.is_not(None))))
    if wanted.username:
        conditions.append(accounts.c.username_key.startswith(wanted.username.lower(), autoescape=True))
    if wanted.display_name:
        name = sa.func.lower(accounts.c.display_name)
        conditions.append(name.startswith(wanted.display_name.lower(), autoescape=True))
    if wanted.domain:
        conditions.append(accounts.c.domain == wanted.domain.lower())
    if wanted.email:
        conditions.append(sa.func.lower(members.c.email) == wanted.email.lower())
    if wanted.address:
        conditions.append(_came_from(wanted.address))
    return conditions


def _came_from(address: str) -> "sa.ColumnElement[bool]":
    """One address exactly: networks are not looked for here."""
    try:
        plain = str(ipaddress.ip_address(address.partition("/")[0].strip()))
    except ValueError:
        return sa.false()
    seen = sa.exists().where(sessions.c.account_id == accounts.c.id, sessions.c.address == plain)
    return sa.or_(members.c.sign_up_address == plain, seen)
