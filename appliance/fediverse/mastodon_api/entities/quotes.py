# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quote and ShallowQuote: https://docs.joinmastodon.org/entities/Quote/

What is quoted is shown where its author agreed, and to whoever may see it by itself: a quote opens nothing to anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import blocks, mutes, statuses
from appliance.fediverse.mastodon_api.entities.common import Entity, Row
from appliance.fediverse.model import QuoteState
from appliance.fediverse.services.visibility import NOBODY, visible

_BY_IDS = sa.select(statuses, visible().label("seen")).where(statuses.c.id.in_(sa.bindparam("ids", expanding=True)))
_people: "sa.BindParameter[int]" = sa.bindparam("people", expanding=True)
_viewer: "sa.BindParameter[int]" = sa.bindparam("viewer_id")
_UNWANTED = sa.union_all(
    sa.select(blocks.c.target_id, sa.literal("blocked_account")).where(
        blocks.c.account_id == _viewer, blocks.c.target_id.in_(_people)
    ),
    sa.select(mutes.c.target_id, sa.literal("muted_account")).where(
        mutes.c.account_id == _viewer,
        mutes.c.target_id.in_(_people),
        sa.or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > sa.bindparam("now", type_=sa.BigInteger)),
    ),
)


@dataclass
class Quoted:
    """Quoted statuses that the viewer may see, by id, ids of those that there are at all, and why not to show some."""

    rows: dict[int, Row] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    unwanted: dict[int, str] = field(default_factory=dict)


def load(tx: Tx, viewer_id: int | None, rows: Sequence[Row]) -> Quoted:
    """What is quoted on a page, and what that quotes in turn. Costs nothing where nothing is quoted."""
    quoted = Quoted()
    wanted = _quoted_by(rows)
    for _ in range(2):
        if not wanted:
            break
        found = tx.all(_BY_IDS, {"ids": list(wanted), "viewer_id": viewer_id or NOBODY})
        quoted.known |= {row.id for row in found}
        new = {row.id: row for row in found if row.seen}
        quoted.rows |= new
        wanted = _quoted_by(list(new.values())) - quoted.known
    if viewer_id is not None and quoted.rows:
        people = {row.account_id for row in quoted.rows.values()}
        found = tx.all(_UNWANTED, {"people": list(people), "viewer_id": viewer_id, "now": tx.now_ms})
        quoted.unwanted = {row[0]: row[1] for row in found}
    return quoted


def state(row: Row, quoted: Quoted) -> str:
    """What this quote is to the viewer."""
    if row.quote_state != QuoteState.ACCEPTED.value:
        return str(row.quote_state)
    if row.quoted_id is None:
        return "unauthorized" if row.quote_uri else "deleted"
    if row.quoted_id not in quoted.rows:
        return "unauthorized" if row.quoted_id in quoted.known else "deleted"
    return quoted.unwanted.get(quoted.rows[row.quoted_id].account_id, "accepted")


def is_shown(row: Row, quoted: Quoted) -> bool:
    """Whether the viewer is handed what is quoted; apps fold it where she blocks or mutes its author."""
    return row.quote_state == QuoteState.ACCEPTED.value and row.quoted_id in quoted.rows


def shallow(row: Row, quoted: Quoted) -> Entity | None:
    if row.quote_state is None:
        return None
    shown = is_shown(row, quoted)
    return {"state": state(row, quoted), "quoted_status_id": str(row.quoted_id) if shown else None}


def _quoted_by(rows: Sequence[Row]) -> set[int]:
    accepted = QuoteState.ACCEPTED.value
    return {row.quoted_id for row in rows if row.quote_state == accepted and row.quoted_id is not None}
