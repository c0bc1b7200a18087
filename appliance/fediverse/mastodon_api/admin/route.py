# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes for those who may: besides the scope of the token, the member's role must hold a permission."""

from typing import Any

from appliance.fediverse.mastodon_api.routing import Call, Route, View
from appliance.fediverse.services import roles
from appliance.fediverse.services.roles import Permission


def route(method: str, path: str, view: View, scope: str, permission: Permission) -> Route:
    """`scope` as in "read:accounts"; `path` begins behind /api/."""

    def permitted(call: Call, **path: Any) -> Any:
        roles.require(call.tx, call.account_id, permission)
        return view(call, **path)

    return Route(method, f"/api/{path}", permitted, (f"admin:{scope}",))
