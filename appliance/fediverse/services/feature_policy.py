# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may put somebody into a collection. https://docs.joinmastodon.org/entities/FeatureApproval/

A member says so by what she says of being found, as with Mastodon: who wants to be found may be recommended by
everybody, where she chooses her followers by those alone, and who does not want to be found by nobody but herself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import interaction_policy
from appliance.fediverse.services.interaction_policy import FOLLOWERS, PUBLIC, Ties, Verdict, ties
from appliance.fediverse.services.visibility import blocked, domain_blocked

MAY = (Verdict.AUTOMATIC, Verdict.MANUAL)
_owner: "sa.BindParameter[int]" = sa.bindparam("owner_id", type_=sa.BigInteger)
_account: "sa.BindParameter[int]" = sa.bindparam("account_id", type_=sa.BigInteger)
_KEPT_OUT = sa.select(
    sa.or_(blocked(_owner, _account), domain_blocked(_account, _owner), domain_blocked(_owner, _account))
)


@dataclass(frozen=True)
class Viewer:
    """Who looks at accounts, None if nobody is logged in, and the ties that matter for what she may do with them."""

    id: int | None = None
    ties: Ties = field(default_factory=Ties)


def of(account: sa.Row[Any]) -> str | None:
    """Of an account of ours or another, as `interaction_policy` writes it; None where its server says nothing."""
    if account.domain:
        policy: str | None = account.feature_policy
        return policy
    if not account.discoverable:
        return ""
    return f"+{FOLLOWERS}" if account.locked else f"+{PUBLIC}"


def viewer(tx: Tx, viewer_id: int | None, accounts: Iterable[sa.Row[Any]]) -> Viewer:
    """Asks for ties only where they matter."""
    if viewer_id is None:
        return Viewer()
    wanted = {row.id for row in accounts if interaction_policy.needs_ties(of(row))}
    return Viewer(viewer_id, ties(tx, viewer_id, wanted) if wanted else Ties())


def verdict(account: sa.Row[Any], looking: Viewer) -> Verdict:
    policy = of(account)
    if policy is None:
        return Verdict.MISSING
    if looking.id is None:
        return Verdict.DENIED
    return Verdict.AUTOMATIC if account.id == looking.id else interaction_policy.judge(policy, account.id, looking.ties)


def may(tx: Tx, owner_id: int, account: sa.Row[Any]) -> bool:
    """Whether the owner of a collection may put this account into it, or at least ask."""
    if account.suspended_at is not None or account.deleted_at is not None:
        return False
    both = {"owner_id": owner_id, "account_id": account.id}
    if account.id != owner_id and tx.execute(_KEPT_OUT, both).scalar_one():
        return False
    return verdict(account, viewer(tx, owner_id, [account])) in MAY
