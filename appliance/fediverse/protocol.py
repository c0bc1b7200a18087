# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be asked of the instance over its admin socket, as types. Answers are plain JSON data.

| command               | arguments   | answer                                                                |
|-----------------------|-------------|-----------------------------------------------------------------------|
| instance.get          | Key         | value; key "" answers all as {key: value}                             |
| instance.set          | KeyValue    | {}; keys: title, description, rules (one per line), registration,     |
|                       |             | max_characters, authorized_fetch, and once for ever: origin           |
| member.list           | NoArguments | [{"username", "role", "state", "created_at", "last_seen_at"}]         |
| member.add            | NewMember   | {"username", "password"}: the password only if it was made here       |
| member.reset-password | Username    | {"password"}: a new one, and all sessions and tokens of hers are ended |
| member.set-password   | Credentials | {}                                                                    |
| member.approve        | Username    | {}                                                                    |
| member.reject         | Username    | {}                                                                    |
| member.set-role       | RoleOf      | {}; never the owner's                                                 |
| member.new-key        | Username    | {}: for when others may have seen the old one                         |
| relay.list            | NoArguments | [{"address", "state"}]                                                |
| relay.add             | Address     | {}; an inbox, or the address of a relay's actor                       |
| relay.remove          | Address     | {}                                                                    |
| announcement.list     | NoArguments | [{"id", "text", "published_at", "starts_at", "ends_at"}]              |
| announcement.add      | Announcement | {"id"}                                                               |
| announcement.remove   | Key         | {}                                                                    |
| member.login          | Credentials | {}; throttled                                                         |
| invite.new            | NewInvite   | {"path": "/join/TOKEN", "url": whole address, "expires_at": ISO 8601} |
| invite.list           | NoArguments | [{"id", "created_by", "expires_at", "used_by"}]                       |
| invite.revoke         | Key         | {}                                                                    |
| facts                 | NoArguments | {"members", "statuses", "deliveries", "federating", "origin",         |
|                       |             | "usage": {"own_media", "kept_media", "database" … in bytes}}          |
| power                 | Strong      | {}; while it is weak, for a minute at most, no heavy work is begun    |
| reach                 | ReachQuestion | ReachReport; asks others, which may take half a minute              |
"""

from dataclasses import dataclass, field

from appliance.fediverse.model import MemberState, RelayState, Role
from appliance.internet.model import Answered, Port
from appliance.secret import Secret
from appliance.system.commands import Key as Key
from appliance.system.commands import KeyValue as KeyValue


@dataclass(frozen=True)
class Strong:
    """Whether the power supply is strong enough for heavy work."""

    good: bool


@dataclass(frozen=True)
class ReachQuestion:
    """Who is asked (`helpers`, host names) to try to reach this server by `name`, or by its address where it is ""."""

    name: str
    helpers: tuple[str, ...]


@dataclass(frozen=True)
class HelperWord:
    """What one helper says by one IP version: the address that it tried, and how that ended. No words of its: `came`,
    by which schemes ("http", "https") somebody came here with what only it was told, and `at`, the addresses at which
    it was asked."""

    helper: str
    address: str
    tcp80: Answered
    tcp443: Answered
    udp443: Answered
    came: tuple[str, ...] = ()
    at: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReachReport:
    """`here` are the ports at which this machine answers itself, which says nothing of the way there. `hairpin`: it
    reaches itself by its address outside; None where nobody else does."""

    here: tuple[Port, ...] = ()
    words: tuple[HelperWord, ...] = ()
    hairpin: bool | None = None


@dataclass(frozen=True)
class Username:
    username: str


@dataclass(frozen=True)
class NewMember:
    """Without a password one is made and handed back. Adding the owner again only sets the password."""

    username: str
    password: Secret | None = None
    role: Role = Role.MEMBER


@dataclass(frozen=True)
class Credentials:
    username: str
    password: Secret


@dataclass(frozen=True)
class RoleOf:
    username: str
    role: Role


@dataclass(frozen=True)
class Address:
    """A URL of another server."""

    address: str


@dataclass(frozen=True)
class RelayEntry:
    """One of `relay.list`."""

    address: str
    state: RelayState


@dataclass(frozen=True)
class Announcement:
    """What all members are told. Times are ISO 8601, or ""."""

    text: str
    starts_at: str = ""
    ends_at: str = ""
    all_day: bool = False


@dataclass(frozen=True)
class AnnouncementEntry:
    """One of `announcement.list`. Times are ISO 8601 in UTC, or ""."""

    id: str
    text: str
    published_at: str
    starts_at: str
    ends_at: str


@dataclass(frozen=True)
class NewInvite:
    """`by` is the inviting member's user name."""

    by: str


@dataclass(frozen=True)
class MemberEntry:
    """One of `member.list`. Times are ISO 8601 in UTC."""

    username: str
    role: Role
    state: MemberState
    created_at: str
    last_seen_at: str | None


@dataclass(frozen=True)
class AddedMember:
    """Answer of `member.add`; `password` only if it was made here."""

    username: str
    password: Secret | None


@dataclass(frozen=True)
class InviteLink:
    """Answer of `invite.new`. `url` is "" while the instance has no name: then `path` goes after whatever
    address its pages are found at."""

    path: str
    url: str
    expires_at: str


@dataclass(frozen=True)
class InviteEntry:
    """One of `invite.list`; user names are None for people who are gone."""

    id: str
    created_by: str | None
    expires_at: str
    used_by: str | None


@dataclass(frozen=True)
class Usage:
    """What is kept on the disk: bytes, and how many. `kept_media_most` is the budget for other servers' media."""

    own_media: int = 0
    kept_media: int = 0
    kept_media_most: int = 0
    database: int = 0
    remote_posts: int = 0
    remote_accounts: int = 0


@dataclass(frozen=True)
class Facts:
    """How many active members, local statuses and waiting deliveries there are, and what is kept on the disk."""

    members: int
    statuses: int
    deliveries: int
    federating: bool
    origin: str | None
    usage: Usage = field(default_factory=Usage)
