# SPDX-License-Identifier: AGPL-3.0-or-later
"""Poll entities: https://docs.joinmastodon.org/entities/Poll/"""

from collections.abc import Sequence

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import polls
from appliance.fediverse.mastodon_api.entities import emojis
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment_or_none
from appliance.fediverse.services.emojis import codes
from appliance.fediverse.services.polls import own_votes
from appliance.fediverse.urls import Urls

_BY_IDS = sa.select(polls).where(polls.c.id.in_(sa.bindparam("ids", expanding=True)))


def load(tx: Tx, viewer_id: int | None, ids: Sequence[int]) -> dict[int, Entity]:
    """By id. The caller has checked that the viewer may see their statuses."""
    rows = tx.all(_BY_IDS, {"ids": list(ids)}) if ids else []
    return dict(_draw(tx, viewer_id, rows))


def draw(tx: Tx, viewer_id: int | None, row: Row) -> Entity:
    return dict(_draw(tx, viewer_id, [row]))[row.id]


def emojis_of(urls: Urls, poll: Entity, used: dict[str, str] | None) -> list[Entity]:
    """Of the emoji that its status uses, those in the poll."""
    titles = codes(option["title"] for option in poll["options"])
    return emojis.used(urls, {code: image for code, image in (used or {}).items() if code in titles})


def _draw(tx: Tx, viewer_id: int | None, rows: Sequence[Row]) -> list[tuple[int, Entity]]:
    chosen = own_votes(tx, viewer_id, [row.id for row in rows]) if viewer_id is not None and rows else {}
    return [(row.id, _poll(tx, viewer_id, row, chosen.get(row.id, []))) for row in rows]


def _poll(tx: Tx, viewer_id: int | None, row: Row, chosen: list[int]) -> Entity:
    over = row.expires_at is not None and row.expires_at <= tx.now_ms
    hidden = row.hide_totals and not over
    entity: Entity = {
        "id": str(row.id),
        "expires_at": moment_or_none(row.expires_at),
        "expired": over,
        "multiple": row.multiple,
        "votes_count": sum(row.tallies),
        "voters_count": row.voters_count if row.multiple else None,
        "options": [
            {"title": title, "votes_count": None if hidden else votes}
            for title, votes in zip(row.options, row.tallies, strict=False)
        ],
        "emojis": [],
    }
    if viewer_id is not None:
        entity |= {"voted": bool(chosen), "own_votes": chosen}
    return entity
