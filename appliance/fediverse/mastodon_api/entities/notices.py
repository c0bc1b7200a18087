# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a notification tells of when it is no status: a severance, a report, a warning, a collection."""

from collections.abc import Sequence

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities import accounts, collections
from appliance.fediverse.mastodon_api.entities import reports as report_entities
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.services import moderation, reports, severances
from appliance.fediverse.urls import Urls


def draw(tx: Tx, urls: Urls, viewer_id: int, rows: Sequence[Row]) -> dict[int, Entity]:
    """What is to be added to the entities of some notifications, by their ids."""
    found: dict[int, Entity] = {}
    if severed := _about(rows, NotificationKind.SEVERED):
        known = {row.id: row for row in severances.by_ids(tx, list(severed.values()))}
        found |= {each: {"event": _severance(known[about])} for each, about in severed.items() if about in known}
    if reported := _about(rows, NotificationKind.REPORT):
        filed = {row.id: row for row in reports.by_ids(tx, list(reported.values()))}
        drawn = report_entities.draw(tx, urls, viewer_id, list(filed.values()))
        found |= {each: {"report": drawn[about]} for each, about in reported.items() if about in drawn}
    if warned := _about(rows, NotificationKind.WARNING):
        strikes = {row.id: row for row in moderation.strikes_by_ids(tx, list(warned.values()))}
        warned_of = accounts.load(tx, {row.target_account_id for row in strikes.values()})
        people = accounts.drawn(tx, urls, viewer_id, warned_of)
        found |= {
            each: {"moderation_warning": _warning(strikes[about], people)}
            for each, about in warned.items()
            if about in strikes
        }
    collected = _about(rows, NotificationKind.COLLECTED) | _about(rows, NotificationKind.COLLECTION_UPDATE)
    if collected:
        shown = collections.by_ids(tx, urls, viewer_id, set(collected.values()))
        found |= {each: {"collection": shown[about]} for each, about in collected.items() if about in shown}
    return found


def _about(rows: Sequence[Row], kind: NotificationKind) -> dict[int, int]:
    return {row.id: row.about_id for row in rows if row.kind == kind.value and row.about_id is not None}


def _warning(row: Row, people: dict[int, Entity]) -> Entity:
    """https://docs.joinmastodon.org/entities/AccountWarning/; who gave it is not said."""
    return {
        "id": str(row.id),
        "action": row.action,
        "text": row.text,
        "status_ids": None,
        "target_account": people[row.target_account_id],
        "appeal": None,
        "created_at": moment(row.created_at),
    }


def _severance(row: Row) -> Entity:
    """https://docs.joinmastodon.org/entities/RelationshipSeveranceEvent/"""
    return {
        "id": str(row.id),
        "type": row.kind,
        "purged": False,
        "target_name": row.target_name,
        "followers_count": row.followers_count,
        "following_count": row.following_count,
        "created_at": moment(row.created_at),
    }
