# SPDX-License-Identifier: AGPL-3.0-or-later
"""Announcements: what whoever runs the place tells all members. https://docs.joinmastodon.org/methods/announcements/"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import announcement_reactions, announcement_reads, announcements
from appliance.fediverse.services import emojis, stream_events
from appliance.fediverse.services.missing import missing

MAX_TEXT = 5000
MAX_SHOWN = 100
MAX_REACTIONS = 8  # different ones to one announcement
_LONGEST_EMOJI = 20  # code points: a family of four with skin tones has less
_JOINERS = frozenset("\u200d\ufe0f\u20e3")
_KEYCAPS = frozenset("0123456789#*")

_ACTIVE = (
    sa.select(announcements)
    .where(sa.or_(announcements.c.ends_at.is_(None), announcements.c.ends_at > sa.bindparam("now")))
    .order_by(sa.func.coalesce(announcements.c.starts_at, announcements.c.published_at), announcements.c.id)
    .limit(MAX_SHOWN)
)
_READ = sa.select(announcement_reads.c.announcement_id).where(
    announcement_reads.c.account_id == sa.bindparam("account_id"),
    announcement_reads.c.announcement_id.in_(sa.bindparam("ids", expanding=True)),
)
_REACTIONS = (
    sa.select(announcement_reactions)
    .where(announcement_reactions.c.announcement_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(announcement_reactions.c.id)
)


@dataclass(frozen=True)
class NewAnnouncement:
    """Times in milliseconds. `all_day`: of the times only the days count."""

    text: str
    starts_at: int | None = None
    ends_at: int | None = None
    all_day: bool = False


def publish(tx: Tx, new: NewAnnouncement) -> int:
    """Tell everybody. Raises BadInput."""
    text = new.text.replace("\r\n", "\n").strip()
    if not text or len(text) > MAX_TEXT:
        raise BadInput(f"An announcement has 1 to {MAX_TEXT} characters.", "Write it anew.", key="bad-announcement")
    if new.ends_at is not None and new.ends_at <= max(tx.now_ms, new.starts_at or 0):
        raise BadInput("That would be over before it begins.", "Give a later end.", key="bad-announcement")
    announcement_id = tx.next_id()
    tx.execute(
        sa.insert(announcements).values(
            id=announcement_id,
            text=text,
            all_day=new.all_day and (new.starts_at is not None or new.ends_at is not None),
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            published_at=tx.now_ms,
            updated_at=tx.now_ms,
        )
    )
    stream_events.announced(tx, announcement_id)
    return announcement_id


def remove(tx: Tx, announcement_id: int) -> None:
    """Raises HearthError not-found."""
    if tx.execute(sa.delete(announcements).where(announcements.c.id == announcement_id)).rowcount == 0:
        raise missing()
    stream_events.announcement_gone(tx, announcement_id)


def every(tx: Tx) -> list[sa.Row[Any]]:
    """Those that are over, too; the newest first."""
    return tx.all(sa.select(announcements).order_by(announcements.c.id.desc()))


def active(tx: Tx) -> list[sa.Row[Any]]:
    """What members are shown, in the order of its time."""
    return tx.all(_ACTIVE, {"now": tx.now_ms})


def get(tx: Tx, announcement_id: int) -> sa.Row[Any]:
    """One that is not over. Raises HearthError not-found."""
    row = tx.one(sa.select(announcements).where(announcements.c.id == announcement_id))
    if row is None or (row.ends_at is not None and row.ends_at <= tx.now_ms):
        raise missing()
    return row


def dismiss(tx: Tx, account_id: int, announcement_id: int) -> None:
    """The member has read it. Raises HearthError not-found."""
    get(tx, announcement_id)
    if not read_by(tx, account_id, [announcement_id]):
        values = {"account_id": account_id, "announcement_id": announcement_id}
        tx.execute(sa.insert(announcement_reads).values(**values))


def read_by(tx: Tx, account_id: int, ids: Sequence[int]) -> set[int]:
    return {row.announcement_id for row in tx.all(_READ, {"account_id": account_id, "ids": list(ids)})}


def reactions(tx: Tx, ids: Sequence[int]) -> list[sa.Row[Any]]:
    """Of all of them, the first one first."""
    return tx.all(_REACTIONS, {"ids": list(ids)})


def react(tx: Tx, account_id: int, announcement_id: int, name: str) -> None:
    """`name` is an emoji, or the shortcode of one of ours. Raises BadInput, HearthError not-found."""
    get(tx, announcement_id)
    if not is_emoji(name) and emojis.find(tx, name) is None:
        raise BadInput("Validation failed: Name is not a recognized emoji", "")
    given = reactions(tx, [announcement_id])
    if any(row.account_id == account_id and row.name == name for row in given):
        return
    names = {row.name for row in given}
    if name not in names and len(names) >= MAX_REACTIONS:
        raise BadInput("Validation failed: Limit of different reactions reached", "")
    values = {"announcement_id": announcement_id, "account_id": account_id, "name": name}
    tx.execute(sa.insert(announcement_reactions).values(id=tx.next_id(), **values))
    _tell_reaction(tx, announcement_id, name)


def unreact(tx: Tx, account_id: int, announcement_id: int, name: str) -> None:
    """Nothing happens where there is none. Raises HearthError not-found."""
    get(tx, announcement_id)
    mine = sa.and_(
        announcement_reactions.c.announcement_id == announcement_id,
        announcement_reactions.c.account_id == account_id,
        announcement_reactions.c.name == name,
    )
    if tx.execute(sa.delete(announcement_reactions).where(mine)).rowcount:
        _tell_reaction(tx, announcement_id, name)


def is_emoji(name: str) -> bool:
    """Whether this is one emoji of Unicode, as far as is told without a list: signs, and what joins them."""
    if not 0 < len(name) <= _LONGEST_EMOJI or name.isascii():
        return False
    signs = [sign for sign in name if sign not in _JOINERS and not _is_modifier(sign)]
    if _is_keycap(name):
        return len(signs) == 1
    if not signs or any(unicodedata.category(sign) not in ("So", "Sm", "Po", "Sk") for sign in signs):
        return False
    flag = all("\U0001f1e6" <= sign <= "\U0001f1ff" for sign in signs) and len(signs) == 2
    return flag or len(signs) == 1 or "\u200d" in name


def _is_modifier(sign: str) -> bool:
    """Skin tones, and the letters that follow a flag of a part of a country."""
    return "\U0001f3fb" <= sign <= "\U0001f3ff" or "\U000e0020" <= sign <= "\U000e007f"


def _is_keycap(name: str) -> bool:
    return name[0] in _KEYCAPS and name.endswith("\u20e3")


def _tell_reaction(tx: Tx, announcement_id: int, name: str) -> None:
    count = sum(row.name == name for row in reactions(tx, [announcement_id]))
    stream_events.announcement_reaction(tx, announcement_id, name, count)
