# SPDX-License-Identifier: AGPL-3.0-or-later
"""Read positions: https://docs.joinmastodon.org/methods/markers/"""

from appliance.fediverse.mastodon_api.entities.common import Entity, moment
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import markers


def get(call: Call) -> Entity:
    return _drawn(call, call.arguments.texts("timeline"))


def put(call: Call) -> Entity:
    changed = []
    for timeline in markers.TIMELINES:
        last_read_id = call.arguments.id(f"{timeline}[last_read_id]")
        if last_read_id is not None:
            version = call.arguments.number(f"{timeline}[version]")
            markers.put(call.tx, call.account_id, timeline, last_read_id, version=version)
            changed.append(timeline)
    return _drawn(call, changed)


def _drawn(call: Call, timelines: list[str]) -> Entity:
    return {
        row.timeline: {
            "last_read_id": str(row.last_read_id),
            "version": row.version,
            "updated_at": moment(row.updated_at),
        }
        for row in markers.get(call.tx, call.account_id, timelines)
    }


ROUTES = (
    Route("GET", "/api/v1/markers", get, ("read:statuses",)),
    Route("POST", "/api/v1/markers", put, ("write:statuses",)),
)
