# SPDX-License-Identifier: AGPL-3.0-or-later
"""InstanceClient: one typed method per command of the instance's admin socket (`protocol`)."""

from pathlib import Path
from typing import Any, TypeVar

from appliance.fediverse.model import Role
from appliance.fediverse.protocol import (
    AddedMember,
    Address,
    Announcement,
    AnnouncementEntry,
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
    RelayEntry,
    RoleOf,
    Strong,
    Username,
)
from appliance.parse import from_dict
from appliance.secret import Secret
from appliance.system.commands import CommandClient

T = TypeVar("T")


class InstanceClient:
    """Every method raises the HearthError of the other side, or Unavailable while it does not answer.

    The first member may be added before the instance has started, for whoever has `patience` (in seconds).
    """

    def __init__(self, path: Path, *, patience: float = 0.0) -> None:
        self._client = CommandClient(path, name="the instance")
        self._patience = patience

    def get(self, key: str) -> str:
        return str(self._ask("instance.get", Key(key)))

    def get_all(self) -> dict[str, str]:
        return {str(key): str(value) for key, value in self._ask("instance.get", Key("")).items()}

    def set(self, key: str, value: str) -> None:
        self._ask("instance.set", KeyValue(key, value))

    def members(self) -> list[MemberEntry]:
        return self._list(MemberEntry, "member.list")

    def add_member(self, username: str, password: Secret | None = None, role: Role = Role.MEMBER) -> AddedMember:
        new = NewMember(username, password, role)
        # A small board takes a while to make keys.
        return from_dict(AddedMember, self._client.ask("member.add", new, timeout=60.0, patience=self._patience))

    def reset_password(self, username: str) -> Secret:
        return Secret(str(self._ask("member.reset-password", Username(username))["password"]))

    def set_password(self, username: str, password: Secret) -> None:
        self._ask("member.set-password", Credentials(username, password))

    def approve(self, username: str) -> None:
        self._ask("member.approve", Username(username))

    def reject(self, username: str) -> None:
        self._ask("member.reject", Username(username))

    def set_role(self, username: str, role: Role) -> None:
        self._ask("member.set-role", RoleOf(username, role))

    def replace_key(self, username: str) -> None:
        # A small board takes a while to make keys.
        self._client.ask("member.new-key", Username(username), timeout=60.0)

    def relays(self) -> list[RelayEntry]:
        return self._list(RelayEntry, "relay.list")

    def add_relay(self, address: str) -> None:
        # Its server may have to be asked.
        self._client.ask("relay.add", Address(address), timeout=60.0)

    def remove_relay(self, address: str) -> None:
        self._ask("relay.remove", Address(address))

    def announcements(self) -> list[AnnouncementEntry]:
        return self._list(AnnouncementEntry, "announcement.list")

    def announce(self, new: Announcement) -> str:
        """Tell all members; the announcement's id."""
        return str(self._ask("announcement.add", new)["id"])

    def remove_announcement(self, announcement_id: str) -> None:
        self._ask("announcement.remove", Key(announcement_id))

    def log_in(self, username: str, password: Secret) -> None:
        """Returns if the password fits."""
        self._ask("member.login", Credentials(username, password))

    def new_invite(self, by: str) -> InviteLink:
        return from_dict(InviteLink, self._ask("invite.new", NewInvite(by)))

    def invites(self) -> list[InviteEntry]:
        return self._list(InviteEntry, "invite.list")

    def revoke_invite(self, invite_id: str) -> None:
        self._ask("invite.revoke", Key(invite_id))

    def facts(self) -> Facts:
        return from_dict(Facts, self._ask("facts"))

    def note_power(self, *, good: bool) -> None:
        """Say it again within a minute as long as it is not good."""
        self._ask("power", Strong(good))

    def try_from_outside(self, name: str, helpers: tuple[str, ...]) -> ReachReport:
        return from_dict(ReachReport, self._client.ask("reach", ReachQuestion(name, helpers), timeout=60.0))

    def _ask(self, command: str, arguments: object = None) -> Any:
        return self._client.ask(command, arguments)

    def _list(self, entry: type[T], command: str) -> list[T]:
        return [from_dict(entry, item) for item in self._ask(command)]
