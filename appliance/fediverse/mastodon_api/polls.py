# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looking at polls and voting: https://docs.joinmastodon.org/methods/polls/"""

import flask

from appliance.errors import BadInput
from appliance.fediverse.activitypub import poll_results
from appliance.fediverse.context import context
from appliance.fediverse.mastodon_api.arguments import Arguments, parse_id
from appliance.fediverse.mastodon_api.entities import polls as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import polls
from appliance.fediverse.services.polls import NewPoll
from appliance.fediverse.urls import Urls


def refresh(_: Arguments, urls: Urls) -> None:
    """How a poll of another server stands is known there."""
    if urls.federating:
        poll_results.refresh(context(), parse_id((flask.request.view_args or {}).get("poll_id", "")))


def show(call: Call, poll_id: int) -> Entity:
    poll, status = polls.seen_by(call.tx, call.viewer_id, poll_id)
    entity = entities.draw(call.tx, call.viewer_id, poll)
    return entity | {"emojis": entities.emojis_of(call.urls, entity, status.emojis)}


def vote(call: Call, poll_id: int) -> Entity:
    given = call.arguments.texts("choices")
    if not all(choice.isascii() and choice.isdigit() and len(choice) < 4 for choice in given):
        raise BadInput("Validation failed: The chosen vote option does not exist", "")
    polls.vote(call.tx, call.urls, call.account_id, poll_id, [int(choice) for choice in given])
    return show(call, poll_id)


def of_arguments(arguments: Arguments) -> NewPoll | None:
    """The poll that goes with a post. Raises BadInput."""
    options = arguments.texts("poll[options]")
    if not options:
        return None
    return NewPoll(
        options=tuple(title.strip() for title in options),
        expires_in=max(0, min(arguments.number("poll[expires_in]") or 0, 2**31)),
        multiple=bool(arguments.flag("poll[multiple]")),
        hide_totals=bool(arguments.flag("poll[hide_totals]")),
    )


_ONE = "/api/v1/polls/<poll_id>"
ROUTES = (
    Route("GET", _ONE, show, before=refresh, optional_scope="read:statuses"),
    Route("POST", f"{_ONE}/votes", vote, ("write:statuses",)),
)
