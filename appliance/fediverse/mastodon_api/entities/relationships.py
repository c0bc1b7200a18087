# SPDX-License-Identifier: AGPL-3.0-or-later
"""What others are to the viewer: https://docs.joinmastodon.org/entities/Relationship/"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import (
    account_notes,
    accounts,
    blocks,
    endorsements,
    follows,
    mutes,
    user_domain_blocks,
)
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment_or_none
from appliance.fediverse.model import FollowState
from appliance.fediverse.services.follows import languages_of

_viewer: "sa.BindParameter[int]" = sa.bindparam("viewer_id")
_ids: "sa.BindParameter[int]" = sa.bindparam("ids", expanding=True)


def _between(table: sa.Table, one: str, other: str) -> "sa.Select[tuple[int, ...]]":
    """Rows by which the viewer and the others are bound in either direction."""
    return sa.select(table).where(
        sa.or_(
            sa.and_(table.c[one] == _viewer, table.c[other].in_(_ids)),
            sa.and_(table.c[other] == _viewer, table.c[one].in_(_ids)),
        )
    )


def _of_viewer(table: sa.Table) -> "sa.Select[tuple[int, ...]]":
    return sa.select(table).where(table.c.account_id == _viewer, table.c.target_id.in_(_ids))


_KNOWN = sa.select(accounts.c.id, accounts.c.domain, accounts.c.suspended_at, accounts.c.deleted_at).where(
    accounts.c.id.in_(_ids)
)
_FOLLOWS, _BLOCKS = _between(follows, "follower_id", "followee_id"), _between(blocks, "account_id", "target_id")
_MUTES, _NOTES, _ENDORSED = _of_viewer(mutes), _of_viewer(account_notes), _of_viewer(endorsements)
_DOMAINS = sa.select(user_domain_blocks.c.domain).where(
    user_domain_blocks.c.account_id == _viewer, user_domain_blocks.c.domain.in_(sa.bindparam("domains", expanding=True))
)


@dataclass
class _Known:
    """All that is known of somebody."""

    domain: str
    ours: Row | None = None
    theirs: Row | None = None
    blocking: bool = False
    blocked_by: bool = False
    mute: Row | None = None
    domain_blocking: bool = False
    endorsed: bool = False
    note: str = field(default="")


def draw(tx: Tx, viewer_id: int, ids: Sequence[int], *, with_suspended: bool = True) -> list[Entity]:
    """In the order given, each once; ids of nobody are left out."""
    parameters = {"viewer_id": viewer_id, "ids": list(ids)}
    rows = tx.all(_KNOWN, parameters)
    known = {
        row.id: _Known(row.domain)
        for row in rows
        if row.deleted_at is None and (with_suspended or row.suspended_at is None)
    }
    if not known:
        return []
    parameters["ids"] = list(known)
    _fill(tx, viewer_id, parameters, known)
    return [_relationship(each, known[each]) for each in dict.fromkeys(ids) if each in known]


def one(tx: Tx, viewer_id: int, account_id: int) -> Entity:
    """The caller has found the account."""
    return draw(tx, viewer_id, [account_id])[0]


def _fill(tx: Tx, viewer_id: int, parameters: dict[str, object], known: dict[int, _Known]) -> None:
    for row in tx.all(_FOLLOWS, parameters):
        if row.follower_id == viewer_id:
            known[row.followee_id].ours = row
        else:
            known[row.follower_id].theirs = row
    for row in tx.all(_BLOCKS, parameters):
        if row.account_id == viewer_id:
            known[row.target_id].blocking = True
        else:
            known[row.account_id].blocked_by = True
    for row in tx.all(_MUTES, parameters):
        known[row.target_id].mute = row
    for row in tx.all(_NOTES, parameters):
        known[row.target_id].note = row.comment
    for row in tx.all(_ENDORSED, parameters):
        known[row.target_id].endorsed = True
    domains = list({each.domain for each in known.values() if each.domain})
    if domains:
        blocked = {row.domain for row in tx.all(_DOMAINS, {"viewer_id": viewer_id, "domains": domains})}
        for each in known.values():
            each.domain_blocking = each.domain in blocked


def _relationship(account_id: int, known: _Known) -> Entity:
    accepted, ours, theirs = FollowState.ACCEPTED.value, known.ours, known.theirs
    following = ours is not None and ours.state == accepted
    return {
        "id": str(account_id),
        "following": following,
        "showing_reblogs": bool(ours and ours.boosts),
        "notifying": bool(ours and ours.notify),
        "languages": languages_of(ours) if ours else None,
        "followed_by": theirs is not None and theirs.state == accepted,
        "blocking": known.blocking,
        "blocked_by": known.blocked_by,
        "muting": known.mute is not None,
        "muting_notifications": bool(known.mute and known.mute.notifications),
        "muting_expires_at": moment_or_none(known.mute.expires_at) if known.mute else None,
        "requested": ours is not None and not following,
        "requested_by": theirs is not None and theirs.state != accepted,
        "domain_blocking": known.domain_blocking,
        "endorsed": known.endorsed,
        "note": known.note,
    }
