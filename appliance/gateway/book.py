# SPDX-License-Identifier: AGPL-3.0-or-later
"""The gateway's book of members: who may come under which name. Pure: a book and what happens give the next book.

A name has an epoch. It grows when a box takes the name, the first one included, so a box that was replaced is known by
the token of an older epoch and told so. Of tokens and codes the book holds digests only.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance import internet_name
from appliance.errors import BadInput, Refused
from appliance.gateway.invitation import digest
from appliance.secret import Secret

INVITATION_FOR = timedelta(days=7)
KEPT_FORMER = 16  # tokens of replaced boxes that are still told why


@dataclass(frozen=True)
class Pending:
    """An invitation that nobody has used. `until` is ISO 8601 in UTC."""

    code: str
    until: str


@dataclass(frozen=True)
class Member:
    """`token` is "" until somebody came. `used` is the invitation it came by. `since` is when the epoch began. Who was
    removed stays in the book, so that an epoch never begins anew."""

    name: str
    epoch: int = 0
    token: str = ""
    since: str = ""
    used: str = ""
    former: tuple[str, ...] = ()
    pending: Pending | None = None
    removed: bool = False


@dataclass(frozen=True)
class Book:
    """`entries` are members and those who were."""

    entries: tuple[Member, ...] = ()

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(member for member in self.entries if not member.removed)

    def find(self, name: str) -> Member | None:
        return next((member for member in self.entries if member.name == name), None)


def full_name(text: str, domain: str) -> str:
    """`alice` is alice below the gateway's domain; what has a dot stands for itself. Raises BadInput bad-name."""
    name = text.strip().lower().removesuffix(".")
    name = name if "." in name else f"{name}.{domain}"
    if not internet_name.is_well_formed(name) or name == domain:
        raise BadInput(
            f"{name[:80]!r} can't be a member's name.",
            "Give one word, like alice, or a whole name, like friends.example.org.",
            key="bad-name",
        )
    return name


def invite(book: Book, name: str, code: Secret, now: datetime, *, most: int, replace: bool) -> Book:
    """Raises Refused gateway-full, gateway-name-taken."""
    member = book.find(name)
    if (member is None or member.removed) and len(book.members) >= most:
        raise Refused(
            "gateway-full", f"This gateway takes {most} members and has them.", "Remove one, or allow more.", status=409
        )
    if member is not None and member.token and not replace:
        raise Refused(
            "gateway-name-taken",
            f"{name} already has a box.",
            "Add --replace if another box is to take its place: the old one is then refused.",
            status=409,
        )
    pending = Pending(digest(code), (now + INVITATION_FOR).isoformat(timespec="seconds"))
    return _with(book, dataclasses.replace(member or Member(name), pending=pending, removed=False))


def admit(book: Book, name: str, token: Secret, code: Secret, now: datetime) -> tuple[Book, Member]:
    """Whoever has the token comes in, and whoever has an unused invitation, once. Raises Refused, saying why."""
    member = book.find(name)
    if member is None or member.removed:
        raise Refused(
            "gateway-unknown", f"The gateway does not know {name}.", "Ask whoever runs the gateway for an invitation."
        )
    told, offered = digest(token), digest(code)
    if member.token == told:
        return book, member
    if told in member.former:
        raise Refused(
            "gateway-replaced",
            f"Another box took over {name} on {member.since[:10]}.",
            "If that is not what you wanted, ask whoever runs the gateway for a new invitation.",
        )
    if member.pending is None or member.pending.code != offered:
        raise _no_invitation(used=bool(code) and offered == member.used)
    if now > datetime.fromisoformat(member.pending.until):
        raise Refused(
            "gateway-invitation-old", "This invitation was good for a week, which is over.", "Ask for a new one."
        )
    joined = Member(name, member.epoch + 1, told, now.isoformat(timespec="seconds"), offered, _former(member))
    return _with(book, joined), joined


def remove(book: Book, name: str) -> Book:
    """Raises BadInput unknown-member."""
    member = book.find(name)
    if member is None or member.removed:
        raise BadInput(f"There is no member {name}.", "`hearth gateway list` shows them.", key="unknown-member")
    gone = dataclasses.replace(member, token="", former=_former(member), pending=None, removed=True)
    return _with(book, gone)


def _former(member: Member) -> tuple[str, ...]:
    return (*member.former, member.token)[-KEPT_FORMER:] if member.token else member.former


def _with(book: Book, changed: Member) -> Book:
    others = (member for member in book.entries if member.name != changed.name)
    return Book(tuple(sorted((*others, changed), key=lambda member: member.name)))


def _no_invitation(*, used: bool) -> Refused:
    if used:
        return Refused(
            "gateway-invitation-used",
            "This invitation was used before, by another box.",
            "Ask whoever runs the gateway for a new one, and ask who used it.",
        )
    return Refused("gateway-refused", "The gateway does not know this box.", "Ask whoever runs it for an invitation.")
