# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists that apps ask for when they log in, of things that this server has none of. All else is answered with 404."""

from typing import Any

from appliance.fediverse.mastodon_api.routing import Call, Route


def nothing(call: Call, **_: str) -> list[Any]:
    return []


_NOTHING = (("/api/v1/announcements", ("read",)),)
ROUTES = tuple(Route("GET", path, nothing, scopes) for path, scopes in _NOTHING)
