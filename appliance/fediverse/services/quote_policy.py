# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may quote a post: at once, or once its author was asked. https://docs.joinmastodon.org/entities/QuoteApproval/"""

from collections.abc import Iterable
from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import interaction_policy
from appliance.fediverse.services.interaction_policy import Ties, Verdict, ties
from appliance.fediverse.services.visibility import OPEN


class QuotePolicy(Enum):
    """What a member can choose for what she writes."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    NOBODY = "nobody"


def chosen(policy: QuotePolicy, visibility: Visibility) -> str | None:
    """What is kept of a member's choice; what is not for everybody can be quoted by nobody else."""
    if policy is QuotePolicy.NOBODY or visibility.value not in OPEN:
        return None
    return f"+{policy.value}"


def needs_ties(rows: Iterable[sa.Row[Any]]) -> set[int]:
    """Authors of those for which it matters who follows whom."""
    return {row.account_id for row in rows if interaction_policy.needs_ties(row.quote_policy)}


def verdict(status: sa.Row[Any], viewer_id: int | None, known: Ties) -> Verdict:
    """What this viewer may do, who may see the post."""
    if viewer_id is None or status.visibility == Visibility.DIRECT.value or status.boost_of_id is not None:
        return Verdict.DENIED
    if status.account_id == viewer_id:
        return Verdict.AUTOMATIC
    if status.quote_policy is None or status.visibility not in OPEN:
        return Verdict.DENIED
    return interaction_policy.judge(status.quote_policy, status.account_id, known)


def verdict_for(tx: Tx, status: sa.Row[Any], viewer_id: int) -> Verdict:
    return verdict(status, viewer_id, ties(tx, viewer_id, needs_ties([status])))
