# SPDX-License-Identifier: AGPL-3.0-or-later
"""Report entities: https://docs.joinmastodon.org/entities/Report/"""

from collections.abc import Sequence

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities import accounts
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment, moment_or_none
from appliance.fediverse.urls import Urls


def draw(tx: Tx, urls: Urls, viewer_id: int | None, rows: Sequence[Row]) -> dict[int, Entity]:
    """By the reports' ids."""
    people = accounts.drawn(tx, urls, viewer_id, accounts.load(tx, {row.target_account_id for row in rows}))
    return {
        row.id: {
            "id": str(row.id),
            "action_taken": row.action_taken_at is not None,
            "action_taken_at": moment_or_none(row.action_taken_at),
            "category": row.category,
            "comment": row.comment,
            "forwarded": row.forwarded,
            "created_at": moment(row.created_at),
            "status_ids": [str(each) for each in row.status_ids],
            "rule_ids": [str(each) for each in row.rule_ids] or None,
            "collection_ids": [str(each) for each in row.collection_ids or ()],
            "target_account": people[row.target_account_id],
        }
        for row in rows
    }
