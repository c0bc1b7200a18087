# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a member's posts are like unless she says otherwise."""

from dataclasses import dataclass

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import members
from appliance.fediverse.model import Visibility
from appliance.fediverse.services.quote_policy import QuotePolicy

_KEPT = sa.select(members.c.preferences).where(members.c.account_id == sa.bindparam("account_id"))


@dataclass(frozen=True)
class Preferences:
    visibility: Visibility = Visibility.PUBLIC
    sensitive: bool = False
    language: str | None = None
    quote_policy: QuotePolicy = QuotePolicy.PUBLIC


def get(tx: Tx, account_id: int) -> Preferences:
    kept = tx.execute(_KEPT, {"account_id": account_id}).scalar_one_or_none() or {}
    return Preferences(
        visibility=Visibility(kept.get("visibility", Visibility.PUBLIC.value)),
        sensitive=bool(kept.get("sensitive", False)),
        language=kept.get("language"),
        quote_policy=QuotePolicy(kept.get("quote_policy", QuotePolicy.PUBLIC.value)),
    )


def put(tx: Tx, account_id: int, preferences: Preferences) -> None:
    values = {
        "visibility": preferences.visibility.value,
        "sensitive": preferences.sensitive,
        "language": preferences.language,
        "quote_policy": preferences.quote_policy.value,
    }
    tx.execute(sa.update(members).where(members.c.account_id == account_id).values(preferences=values))
