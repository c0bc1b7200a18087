# SPDX-License-Identifier: AGPL-3.0-or-later
"""Roles: which of the permissions that apps know each has. https://docs.joinmastodon.org/entities/Role/"""

from dataclasses import dataclass
from enum import IntFlag

from appliance.errors import HearthError, Refused
from appliance.fediverse.db.database import Tx
from appliance.fediverse.model import MemberState, Role
from appliance.fediverse.services import members
from appliance.fediverse.services.members import Member


class Permission(IntFlag):
    """The bits are the Mastodon API's."""

    ADMINISTRATOR = 0x1
    DEVOPS = 0x2
    VIEW_AUDIT_LOG = 0x4
    VIEW_DASHBOARD = 0x8
    MANAGE_REPORTS = 0x10
    MANAGE_FEDERATION = 0x20
    MANAGE_SETTINGS = 0x40
    MANAGE_BLOCKS = 0x80
    MANAGE_TAXONOMIES = 0x100
    MANAGE_APPEALS = 0x200
    MANAGE_USERS = 0x400
    MANAGE_INVITES = 0x800
    MANAGE_RULES = 0x1000
    MANAGE_ANNOUNCEMENTS = 0x2000
    MANAGE_CUSTOM_EMOJIS = 0x4000
    MANAGE_WEBHOOKS = 0x8000
    INVITE_USERS = 0x10000
    MANAGE_ROLES = 0x20000
    MANAGE_USER_ACCESS = 0x40000
    DELETE_USER_DATA = 0x80000
    VIEW_FEEDS = 0x100000


@dataclass(frozen=True)
class RoleFacts:
    """`rank`: who has a higher one may act against who has a lower one."""

    id: int
    name: str
    rank: int
    permissions: Permission


_FACTS = {
    Role.OWNER: RoleFacts(3, "Owner", 1000, Permission((1 << 21) - 1)),
    Role.MODERATOR: RoleFacts(
        1,
        "Moderator",
        10,
        Permission.VIEW_DASHBOARD
        | Permission.VIEW_AUDIT_LOG
        | Permission.MANAGE_USERS
        | Permission.MANAGE_REPORTS
        | Permission.MANAGE_TAXONOMIES
        | Permission.INVITE_USERS,
    ),
    Role.MEMBER: RoleFacts(-99, "", -1, Permission.INVITE_USERS),
}


def facts(role: Role) -> RoleFacts:
    return _FACTS[role]


def by_number(number: int) -> Role | None:
    """The role with this id of the API's."""
    return next((role for role, known in _FACTS.items() if known.id == number), None)


def require(tx: Tx, account_id: int, permission: Permission) -> Member:
    """The member, if she may. Raises Refused not-allowed."""
    member = members.by_id(tx, account_id)
    if member is None or not member.is_active or permission not in facts(member.role).permissions:
        raise not_allowed()
    return member


def require_above(tx: Tx, actor: Member, account_id: int) -> None:
    """Raises Refused not-allowed unless the actor stands above whom she acts against; people elsewhere stand below."""
    target = members.by_id(tx, account_id)
    if target is not None and facts(target.role).rank >= facts(actor.role).rank:
        raise not_allowed()


def holders(tx: Tx, permission: Permission) -> list[int]:
    """Account ids of the active members who have it."""
    active = members.every(tx, state=MemberState.ACTIVE)
    able = (member for member in active if permission in facts(member.role).permissions)
    return [member.account_id for member in able if member.is_active]


def give(tx: Tx, username: str, role: Role) -> None:
    """Make somebody a moderator, or a plain member again. Raises HearthError unknown-member, owner-stays."""
    member = members.get(tx, username)
    if Role.OWNER in (member.role, role):
        raise HearthError(
            "owner-stays",
            "Whoever owns the box owns the instance on it.",
            "Choose between moderator and member, for somebody else than the owner.",
            status=409,
        )
    members.set_role(tx, member.account_id, role)


def not_allowed() -> Refused:
    return Refused("not-allowed", "This action is not allowed")
