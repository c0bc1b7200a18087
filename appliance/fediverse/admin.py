# SPDX-License-Identifier: AGPL-3.0-or-later
"""The instance's admin socket: what `protocol` lists, done. Whoever may open the socket may do all of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance import passwords
from appliance.errors import BadInput, HearthError
from appliance.fediverse import admin_announcements, admin_federation
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import deliveries, statuses
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.usage import UsageNote
from appliance.fediverse.model import MemberState, Role
from appliance.fediverse.protocol import (
    AddedMember,
    Credentials,
    Facts,
    InviteEntry,
    InviteLink,
    Key,
    KeyValue,
    MemberEntry,
    NewInvite,
    NewMember,
    ReachQuestion,
    ReachReport,
    RoleOf,
    Strong,
    Username,
)
from appliance.fediverse.services import housekeeping, instance_settings, invites, members, roles
from appliance.secret import Secret
from appliance.system.clock import from_milliseconds
from appliance.system.commands import Command, NoArguments

# Log-ins through the socket are counted together: they all come from this box.
_ADDRESS = "this box"


def commands(
    context: Context,
    usage: UsageNote,
    strength: Strength,
    reach: Callable[[ReachQuestion], ReachReport] = lambda _: ReachReport(),
) -> list[Command[Any]]:
    """Every command of `protocol`, for a CommandServer. `usage` is told, `strength` is set, `reach` asks others."""
    admin = Admin(context, usage, strength)
    return [
        Command("instance.get", Key, admin.get_instance),
        Command("instance.set", KeyValue, admin.set_instance),
        Command("member.list", NoArguments, admin.list_members),
        Command("member.add", NewMember, admin.add_member),
        Command("member.reset-password", Username, admin.reset_password),
        Command("member.set-password", Credentials, admin.set_password),
        Command("member.approve", Username, admin.approve),
        Command("member.reject", Username, admin.reject),
        Command("member.set-role", RoleOf, admin.set_role),
        *admin_federation.commands(context),
        *admin_announcements.commands(context.database),
        Command("member.login", Credentials, admin.log_in),
        Command("invite.new", NewInvite, admin.new_invite),
        Command("invite.list", NoArguments, admin.list_invites),
        Command("invite.revoke", Key, admin.revoke_invite),
        Command("facts", NoArguments, admin.facts),
        Command("power", Strong, admin.note_power),
        Command("reach", ReachQuestion, reach),
    ]


@dataclass(frozen=True)
class Admin:
    context: Context
    usage: UsageNote
    strength: Strength

    def get_instance(self, asked: Key) -> Any:
        with self.context.database.read() as tx:
            texts = instance_settings.as_texts(instance_settings.get(tx)) | housekeeping.as_texts(tx)
        if asked.key and asked.key not in texts:
            raise instance_settings.unknown_key()
        return texts[asked.key] if asked.key else texts

    def set_instance(self, wanted: KeyValue) -> dict[str, str]:
        with self.context.database.write() as tx:
            settings = housekeeping if wanted.key in housekeeping.KEYS else instance_settings
            settings.put(tx, wanted.key, wanted.value)
        return {}

    def list_members(self, _: NoArguments) -> list[MemberEntry]:
        with self.context.database.read() as tx:
            everybody = members.every(tx)
        return [
            MemberEntry(
                member.username,
                member.role,
                member.state,
                _iso(member.created_at),
                _iso(member.last_seen_at) if member.last_seen_at is not None else None,
            )
            for member in everybody
        ]

    def add_member(self, new: NewMember) -> AddedMember:
        username = new.username.strip().removeprefix("@").lower()
        password = new.password or passwords.make_password()
        with self.context.database.write() as tx:
            owner = _owner(tx) if new.role is Role.OWNER else None
            if owner is not None and owner.username != username:
                _give_way(tx, owner)
                owner = None
            if owner is not None:
                members.set_password(tx, owner.account_id, password)
            else:
                members.create(tx, username, password, role=new.role)
        return AddedMember(username, None if new.password else password)

    def reset_password(self, who: Username) -> dict[str, Secret]:
        with self.context.database.write() as tx:
            return {"password": members.reset_password(tx, members.get(tx, who.username).account_id)}

    def set_password(self, credentials: Credentials) -> dict[str, str]:
        with self.context.database.write() as tx:
            members.set_password(tx, members.get(tx, credentials.username).account_id, credentials.password)
        return {}

    def approve(self, who: Username) -> dict[str, str]:
        with self.context.database.write() as tx:
            members.approve(tx, members.get(tx, who.username).account_id)
        return {}

    def reject(self, who: Username) -> dict[str, str]:
        with self.context.database.write() as tx:
            members.reject(tx, members.get(tx, who.username).account_id)
        return {}

    def set_role(self, wanted: RoleOf) -> dict[str, str]:
        with self.context.database.write() as tx:
            roles.give(tx, wanted.username, wanted.role)
        return {}

    def log_in(self, credentials: Credentials) -> dict[str, str]:
        context = self.context
        members.check_password(context.database, context.urls(), credentials.username, credentials.password, _ADDRESS)
        return {}

    def new_invite(self, wanted: NewInvite) -> InviteLink:
        with self.context.database.write() as tx:
            invite = invites.make(tx, members.get(tx, wanted.by).account_id)
        path = f"/join/{invite.token.reveal()}"
        url = f"{self.context.origin}{path}" if self.context.origin else ""
        return InviteLink(path, url, _iso(invite.expires_at))

    def list_invites(self, _: NoArguments) -> list[InviteEntry]:
        with self.context.database.read() as tx:
            found = invites.every(tx)
        return [
            InviteEntry(str(invite.id), invite.created_by, _iso(invite.expires_at), invite.used_by) for invite in found
        ]

    def revoke_invite(self, which: Key) -> dict[str, str]:
        if not (which.key.isascii() and which.key.isdigit() and len(which.key) < 20):
            raise BadInput("That is not the id of an invite.", "See `hearth member invite --help`.")
        with self.context.database.write() as tx:
            invites.revoke(tx, int(which.key))
        return {}

    def facts(self, _: NoArguments) -> Facts:
        with self.context.database.read() as tx:
            return Facts(
                members=members.count(tx),
                statuses=_count(tx, sa.select(sa.func.count()).select_from(statuses).where(statuses.c.local)),
                deliveries=_count(tx, sa.select(sa.func.count()).select_from(deliveries)),
                federating=self.context.urls().federating,
                origin=self.context.origin,
                usage=self.usage.latest,
            )

    def note_power(self, asked: Strong) -> dict[str, str]:
        self.strength.note(good=asked.good)
        return {}


def _owner(tx: Tx) -> members.Member | None:
    return next((member for member in members.every(tx) if member.role is Role.OWNER), None)


def _give_way(tx: Tx, owner: members.Member) -> None:
    """Until the instance has a title, set-up may be answered anew; afterwards there is one owner."""
    if instance_settings.get(tx).title or owner.state is not MemberState.ACTIVE:
        raise HearthError(
            "owner-exists",
            f"The owner of this instance is {owner.username}.",
            "Set a new password for that account instead.",
            status=409,
        )
    members.remove(tx, owner.account_id)


def _count(tx: Tx, query: "sa.Select[tuple[int]]") -> int:
    return int(tx.execute(query).scalar_one())


def _iso(milliseconds: int) -> str:
    return from_milliseconds(milliseconds).isoformat()
