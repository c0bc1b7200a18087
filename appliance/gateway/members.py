# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may come, durably, and who is there now. All in the gateway's one loop; the book is written before it counts."""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from appliance.errors import BadInput, HearthError
from appliance.gateway import book, identity
from appliance.gateway.book import Book, Member
from appliance.gateway.invitation import CODE_BYTES, Invitation, digest, make_code
from appliance.gateway.limits import Bucket, Limits
from appliance.parse import from_dict, to_dict
from appliance.secret import Secret
from appliance.system.clock import Clock
from appliance.system.files import Files

MAX_BYTES = 4 * 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True)
class Setup:
    """`domain` is the gateway's own name, to which it and the names below it lead. `port` is where the internet finds
    it, `https_port` and `http_port` where it listens, which is elsewhere behind a router; None is nowhere. `passes` are
    names of this very machine: what is asked of those goes to the port beside them. "*" are all that are nobody's."""

    domain: str
    port: int = 443
    address: str = "0.0.0.0"  # noqa: S104 - it is there for the internet
    https_port: int = 443
    http_port: int | None = 80
    limits: Limits = field(default_factory=Limits)
    passes: dict[str, int] | None = None


@dataclass(frozen=True)
class Seen:
    """A member as `hearth gateway list` shows it. `bytes` is since the gateway was started."""

    name: str
    epoch: int
    since: str
    invited_until: str
    connected: bool
    connections: int
    bytes: int


class Members:
    """`folder` holds gateway.json (how it was set up), identity.pem and members.json."""

    def __init__(self, folder: Path, files: Files, clock: Clock) -> None:
        """Raises HearthError not-set-up, state-unreadable."""
        self._files = files
        self._clock = clock
        self._path = folder / "members.json"
        self.setup = _load(files, folder / "gateway.json", Setup)
        self.identity = folder / "identity.pem"
        self._fingerprint = identity.fingerprint(files.read(self.identity))
        self._book = _load(files, self._path, Book) if self._path.exists() else Book()
        self._buckets: dict[str, Bucket] = {}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(member.name for member in self._book.members)

    @property
    def all(self) -> tuple[Member, ...]:
        return self._book.members

    def invite(self, name: str, *, replace: bool) -> Invitation:
        """Raises BadInput bad-name; Refused gateway-full, gateway-name-taken."""
        setup = self.setup
        name = book.full_name(name, setup.domain)
        code = make_code(secrets.token_bytes(CODE_BYTES))
        now = self._clock.now()
        self._save(book.invite(self._book, name, code, now, most=setup.limits.members, replace=replace))
        return Invitation(setup.domain, setup.port, name, self._fingerprint, code)

    def admit(self, name: str, token: Secret, code: Secret) -> Member:
        """Raises Refused, saying why."""
        after, member = book.admit(self._book, name, token, code, self._clock.now())
        self._save(after)
        return member

    def is_member(self, name: str, token: Secret) -> bool:
        """Whether that box has the name now."""
        member = self._book.find(name)
        return member is not None and not member.removed and member.token == digest(token)

    def remove(self, name: str) -> str:
        """The whole name. Raises BadInput unknown-member, bad-name."""
        name = book.full_name(name, self.setup.domain)
        self._save(book.remove(self._book, name))
        return name

    def bucket(self, name: str) -> Bucket:
        if name not in self._buckets:
            self._buckets[name] = Bucket(self.setup.limits.megabits * 125_000, self._clock)
        return self._buckets[name]

    def _save(self, changed: Book) -> None:
        if changed != self._book:
            self._files.replace(self._path, _json(changed))
            self._book = changed


def set_up(folder: Path, setup: Setup, files: Files, clock: Clock) -> None:
    """Make a gateway's state. Raises HearthError already-set-up, disk-full, disk-refused."""
    files.make_folder(folder, mode=0o700)
    if (folder / "gateway.json").exists():
        raise HearthError(
            "already-set-up",
            f"There is a gateway in {folder} already.",
            "To begin anew, which ends all invitations and members, remove that folder first.",
            status=409,
        )
    files.replace(folder / "identity.pem", identity.make(setup.domain, clock.now()))
    files.replace(folder / "gateway.json", _json(setup))


def load_setup(files: Files, path: Path) -> Setup:
    """Raises HearthError not-set-up, state-unreadable."""
    return _load(files, path, Setup)


def packed(setup: Setup) -> bytes:
    return _json(setup)


def _load(files: Files, path: Path, kind: type[T]) -> T:
    try:
        return from_dict(kind, json.loads(files.read(path, limit=MAX_BYTES)), where=path.name)
    except FileNotFoundError:
        raise HearthError(
            "not-set-up", f"There is no gateway in {path.parent}.", "Set one up: hearth gateway init DOMAIN", status=409
        ) from None
    except (OSError, ValueError, BadInput) as error:
        raise HearthError(
            "state-unreadable", f"{path} could not be read: {error}", "Restore it from a copy.", status=500
        ) from error


def _json(value: object) -> bytes:
    return json.dumps(to_dict(value), indent=2).encode() + b"\n"
