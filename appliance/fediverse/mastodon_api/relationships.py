# SPDX-License-Identifier: AGPL-3.0-or-later
"""Following, blocking, muting, and notes about somebody: https://docs.joinmastodon.org/methods/accounts/#follow"""

from typing import Any

from appliance.fediverse.mastodon_api.accounts import present
from appliance.fediverse.mastodon_api.entities import relationships as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import account_notes, blocks, follows, mutes


def relationships(call: Call) -> list[Entity]:
    with_suspended = bool(call.arguments.flag("with_suspended"))
    return entities.draw(call.tx, call.account_id, call.arguments.ids("id"), with_suspended=with_suspended)


def follow(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    arguments = call.arguments
    known: Any = follows.find(call.tx, call.account_id, account_id)
    boosts, notify = arguments.flag("reblogs"), arguments.flag("notify")
    kept = (follows.languages_of(known) or ()) if known is not None else ()
    follows.follow(
        call.tx,
        call.urls,
        call.account_id,
        account_id,
        boosts=boosts if boosts is not None else known is None or known.boosts,
        notify=notify if notify is not None else known is not None and known.notify,
        languages=arguments.texts("languages") if "languages" in arguments else kept,
    )
    return _relationship(call, account_id)


def unfollow(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    follows.unfollow(call.tx, call.urls, call.account_id, account_id)
    return _relationship(call, account_id)


def remove_from_followers(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    follows.reject(call.tx, call.urls, call.account_id, account_id)
    return _relationship(call, account_id)


def block(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    blocks.block(call.tx, call.urls, call.account_id, account_id)
    return _relationship(call, account_id)


def unblock(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    blocks.unblock(call.tx, call.urls, call.account_id, account_id)
    return _relationship(call, account_id)


def mute(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    notifications = call.arguments.flag("notifications")
    mutes.mute(
        call.tx,
        call.account_id,
        account_id,
        with_notifications=notifications is not False,
        seconds=call.arguments.number("duration") or 0,
    )
    return _relationship(call, account_id)


def unmute(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    mutes.unmute(call.tx, call.account_id, account_id)
    return _relationship(call, account_id)


def note(call: Call, account_id: int) -> Entity:
    present(call, account_id)
    account_notes.put(call.tx, call.account_id, account_id, call.arguments.text("comment") or "")
    return _relationship(call, account_id)


def _relationship(call: Call, account_id: int) -> Entity:
    return entities.one(call.tx, call.account_id, account_id)


_ONE = "/api/v1/accounts/<account_id>"
_FOLLOWS, _BLOCKS, _MUTES = ("write:follows",), ("write:blocks",), ("write:mutes",)
ROUTES = (
    Route("GET", "/api/v1/accounts/relationships", relationships, ("read:follows",)),
    Route("POST", f"{_ONE}/follow", follow, _FOLLOWS),
    Route("POST", f"{_ONE}/unfollow", unfollow, _FOLLOWS),
    Route("POST", f"{_ONE}/remove_from_followers", remove_from_followers, _FOLLOWS),
    Route("POST", f"{_ONE}/block", block, _BLOCKS),
    Route("POST", f"{_ONE}/unblock", unblock, _BLOCKS),
    Route("POST", f"{_ONE}/mute", mute, _MUTES),
    Route("POST", f"{_ONE}/unmute", unmute, _MUTES),
    Route("POST", f"{_ONE}/note", note, ("write:accounts",)),
)
