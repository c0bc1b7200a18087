# SPDX-License-Identifier: AGPL-3.0-or-later
"""Posts that wait for their time: https://docs.joinmastodon.org/methods/scheduled_statuses/"""

from dataclasses import asdict
from datetime import UTC, datetime

import flask

from appliance.errors import BadInput
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import media as media_entities
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import media, scheduled
from appliance.fediverse.services.statuses import Draft
from appliance.system.clock import milliseconds


def listed(call: Call) -> flask.Response:
    page = call.arguments.page(20)
    rows = scheduled.page(call.tx, call.account_id, page)
    return paged(call, page, [row.id for row in rows], entities(call, rows))


def show(call: Call, scheduled_id: int) -> Entity:
    return entities(call, [scheduled.get(call.tx, call.account_id, scheduled_id)])[0]


def move(call: Call, scheduled_id: int) -> Entity:
    due_at = time_of(call.arguments)
    if due_at is not None:
        scheduled.move(call.tx, call.account_id, scheduled_id, due_at)
    return show(call, scheduled_id)


def cancel(call: Call, scheduled_id: int) -> Entity:
    scheduled.cancel(call.tx, call.account_id, scheduled_id)
    return {}


def added(call: Call, draft: Draft, due_at: int) -> Entity:
    return show(call, scheduled.schedule(call.tx, call.account_id, draft, due_at))


def time_of(arguments: Arguments) -> int | None:
    """`scheduled_at` in milliseconds. Raises BadInput."""
    given = arguments.text("scheduled_at")
    if not given:
        return None
    try:
        parsed = datetime.fromisoformat(given)
        return milliseconds(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise BadInput("Validation failed: Scheduled at is not a moment in time", "") from None


def entities(call: Call, rows: list[Row]) -> list[Entity]:
    ids = [media_id for row in rows for media_id in scheduled.draft_of(row).media_ids]
    attached = media.shown(call.tx, call.account_id, ids)
    drawn = {media_id: media_entities.attachment(call.urls, each) for media_id, each in attached.items()}
    return [entity(row, drawn) for row in rows]


def entity(row: Row, attached: dict[int, Entity]) -> Entity:
    """https://docs.joinmastodon.org/entities/ScheduledStatus/"""
    draft = scheduled.draft_of(row)
    return {
        "id": str(row.id),
        "scheduled_at": moment(row.due_at),
        "params": {
            "text": draft.text,
            "poll": None if draft.poll is None else asdict(draft.poll),
            "media_ids": [str(each) for each in draft.media_ids] or None,
            "sensitive": draft.sensitive,
            "spoiler_text": draft.spoiler_text or None,
            "visibility": draft.visibility.value,
            "language": draft.language,
            "in_reply_to_id": draft.in_reply_to_id,
            "application_id": draft.app_id,
            "scheduled_at": None,
            "idempotency": None,
            "with_rate_limit": False,
        },
        "media_attachments": [attached[each] for each in draft.media_ids if each in attached],
    }


_ALL = "/api/v1/scheduled_statuses"
_ONE = f"{_ALL}/<scheduled_id>"
_READ, _WRITE = ("read:statuses",), ("write:statuses",)
ROUTES = (
    Route("GET", _ALL, listed, _READ),
    Route("GET", _ONE, show, _READ),
    Route("PUT", _ONE, move, _WRITE),
    Route("DELETE", _ONE, cancel, _WRITE),
)
