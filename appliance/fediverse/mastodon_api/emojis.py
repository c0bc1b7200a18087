# SPDX-License-Identifier: AGPL-3.0-or-later
"""The instance's own emoji: https://docs.joinmastodon.org/methods/custom_emojis/"""

from appliance.fediverse.mastodon_api.entities import emojis as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import emojis


def listed(call: Call) -> list[Entity]:
    return [entities.whole(call.urls, row) for row in emojis.every(call.tx) if row.image]


ROUTES = (Route("GET", "/api/v1/custom_emojis", listed),)
