# SPDX-License-Identifier: AGPL-3.0-or-later
"""One's own profile as it was typed: https://docs.joinmastodon.org/methods/profile/"""

from dataclasses import replace

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api import account_edits
from appliance.fediverse.mastodon_api.accounts import present
from appliance.fediverse.mastodon_api.entities import profiles
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Afterwards, Call, Route


def show(call: Call) -> Entity:
    return profiles.profile(call.tx, call.urls, present(call, call.account_id))


def update(call: Call) -> Afterwards:
    """What the page is to show can be said here alone, as with Mastodon."""
    profile = replace(
        account_edits.said(call.arguments),
        show_media=call.arguments.flag("show_media"),
        show_media_replies=call.arguments.flag("show_media_replies"),
        show_featured=call.arguments.flag("show_featured"),
    )

    def draw(tx: Tx) -> Entity:
        return show(replace(call, tx=tx))

    return account_edits.changed(call, profile, draw)


_PATH = "/api/v1/profile"
ROUTES = (
    Route("GET", _PATH, show, ("profile", "read:accounts")),
    Route("PATCH", _PATH, update, ("write:accounts",), uploads=True),
)
