# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do something with what is somebody's: at once, or once she was asked (GoToSocial's `interactionPolicy`).

Kept in one word each: "+public" for at once, "?followers" for whoever is asked about. Nothing: she alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import follows
from appliance.fediverse.model import FollowState

PUBLIC, FOLLOWERS, FOLLOWING, OTHERS = "public", "followers", "following", "unsupported_policy"
_KINDS = (PUBLIC, FOLLOWERS, FOLLOWING, OTHERS)
_viewer: "sa.BindParameter[int]" = sa.bindparam("viewer_id", type_=sa.BigInteger)
_authors: "sa.BindParameter[int]" = sa.bindparam("authors", expanding=True, type_=sa.BigInteger)
_FOLLOWS = sa.select(follows.c.follower_id, follows.c.followee_id, follows.c.state)
# Pairs are looked up one by one. Asked for the state, or in one question, SQLite goes through all whom the viewer
# follows and all who follow her.
_BETWEEN = sa.union_all(
    _FOLLOWS.where(follows.c.follower_id == _viewer, follows.c.followee_id.in_(_authors)),
    _FOLLOWS.where(follows.c.followee_id == _viewer, follows.c.follower_id.in_(_authors)),
)


class Verdict(Enum):
    """The values are the Mastodon API's."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    DENIED = "denied"
    UNKNOWN = "unknown"
    MISSING = "missing"


@dataclass(frozen=True)
class Ties:
    """Authors whom the viewer follows, and who follow her."""

    following: frozenset[int] = frozenset()
    followed_by: frozenset[int] = frozenset()


def stored(automatic: Iterable[str], manual: Iterable[str]) -> str | None:
    return " ".join((*(f"+{each}" for each in automatic), *(f"?{each}" for each in manual))) or None


def automatic(policy: str | None) -> list[str]:
    return [word[1:] for word in (policy or "").split() if word[0] == "+" and word[1:] in _KINDS]


def manual(policy: str | None) -> list[str]:
    return [word[1:] for word in (policy or "").split() if word[0] == "?" and word[1:] in _KINDS]


def needs_ties(policy: str | None) -> bool:
    """Whether it matters who follows whom."""
    return policy is not None and "follow" in policy


def ties(tx: Tx, viewer_id: int, authors: Iterable[int]) -> Ties:
    wanted = list(authors)
    rows = tx.all(_BETWEEN, {"viewer_id": viewer_id, "authors": wanted}) if wanted else []
    found = [row for row in rows if row.state == FollowState.ACCEPTED.value]
    return Ties(
        frozenset(row.followee_id for row in found if row.follower_id == viewer_id),
        frozenset(row.follower_id for row in found if row.followee_id == viewer_id),
    )


def judge(policy: str, author_id: int, known: Ties) -> Verdict:
    """What the viewer with these ties may do, who is not the author."""
    at_once, asked = automatic(policy), manual(policy)
    if _covers(at_once, author_id, known):
        return Verdict.AUTOMATIC
    if _covers(asked, author_id, known):
        return Verdict.MANUAL
    return Verdict.UNKNOWN if OTHERS in (*at_once, *asked) else Verdict.DENIED


def _covers(kinds: list[str], author_id: int, known: Ties) -> bool:
    return (
        PUBLIC in kinds
        or (FOLLOWERS in kinds and author_id in known.following)
        or (FOLLOWING in kinds and author_id in known.followed_by)
    )
