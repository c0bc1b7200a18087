# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may quote a post: at once, or once its author was asked. https://docs.joinmastodon.org/entities/QuoteApproval/

Kept in one word each: "+public" for at once, "?followers" for whoever is asked about. Nothing: its author alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import follows
from appliance.fediverse.model import FollowState, Visibility
from appliance.fediverse.services.visibility import OPEN

PUBLIC, FOLLOWERS, FOLLOWING, OTHERS = "public", "followers", "following", "unsupported_policy"
_KINDS = (PUBLIC, FOLLOWERS, FOLLOWING, OTHERS)
_BETWEEN = sa.select(follows.c.follower_id, follows.c.followee_id).where(
    follows.c.state == FollowState.ACCEPTED.value,
    sa.or_(
        sa.and_(
            follows.c.follower_id == sa.bindparam("viewer_id"),
            follows.c.followee_id.in_(sa.bindparam("authors", expanding=True)),
        ),
        sa.and_(
            follows.c.followee_id == sa.bindparam("viewer_id"),
            follows.c.follower_id.in_(sa.bindparam("authors", expanding=True)),
        ),
    ),
)


class QuotePolicy(Enum):
    """What a member can choose for what she writes."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    NOBODY = "nobody"


class Verdict(Enum):
    AUTOMATIC = "automatic"
    MANUAL = "manual"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Ties:
    """Authors whom the viewer follows, and who follow her."""

    following: frozenset[int] = frozenset()
    followed_by: frozenset[int] = frozenset()


def chosen(policy: QuotePolicy, visibility: Visibility) -> str | None:
    """What is kept of a member's choice; what is not for everybody can be quoted by nobody else."""
    if policy is QuotePolicy.NOBODY or visibility.value not in OPEN:
        return None
    return f"+{policy.value}"


def stored(automatic: Iterable[str], manual: Iterable[str]) -> str | None:
    return " ".join((*(f"+{each}" for each in automatic), *(f"?{each}" for each in manual))) or None


def automatic(policy: str | None) -> list[str]:
    return [word[1:] for word in (policy or "").split() if word[0] == "+" and word[1:] in _KINDS]


def manual(policy: str | None) -> list[str]:
    return [word[1:] for word in (policy or "").split() if word[0] == "?" and word[1:] in _KINDS]


def needs_ties(rows: Iterable[sa.Row[Any]]) -> set[int]:
    """Authors of those for which it matters who follows whom."""
    return {row.account_id for row in rows if row.quote_policy and "follow" in row.quote_policy}


def ties(tx: Tx, viewer_id: int, authors: Iterable[int]) -> Ties:
    wanted = list(authors)
    found = tx.all(_BETWEEN, {"viewer_id": viewer_id, "authors": wanted}) if wanted else []
    return Ties(
        frozenset(row.followee_id for row in found if row.follower_id == viewer_id),
        frozenset(row.follower_id for row in found if row.followee_id == viewer_id),
    )


def verdict(status: sa.Row[Any], viewer_id: int | None, known: Ties) -> Verdict:
    """What this viewer may do, who may see the post."""
    if viewer_id is None or status.visibility == Visibility.DIRECT.value or status.boost_of_id is not None:
        return Verdict.DENIED
    if status.account_id == viewer_id:
        return Verdict.AUTOMATIC
    if status.quote_policy is None or status.visibility not in OPEN:
        return Verdict.DENIED
    at_once, asked = automatic(status.quote_policy), manual(status.quote_policy)
    if _covers(at_once, status.account_id, known):
        return Verdict.AUTOMATIC
    if _covers(asked, status.account_id, known):
        return Verdict.MANUAL
    return Verdict.UNKNOWN if OTHERS in (*at_once, *asked) else Verdict.DENIED


def verdict_for(tx: Tx, status: sa.Row[Any], viewer_id: int) -> Verdict:
    return verdict(status, viewer_id, ties(tx, viewer_id, needs_ties([status])))


def _covers(kinds: list[str], author_id: int, known: Ties) -> bool:
    return (
        PUBLIC in kinds
        or (FOLLOWERS in kinds and author_id in known.following)
        or (FOLLOWING in kinds and author_id in known.followed_by)
    )
