# SPDX-License-Identifier: AGPL-3.0-or-later
"""The table of all kinds of activities that mean something here."""

from appliance.fediverse.activitypub.incoming import (
    answers,
    blocks,
    boosts,
    collections,
    deletes,
    feature_requests,
    flags,
    follows,
    likes,
    moves,
    pins,
    posts,
    quote_requests,
    undo,
    updates,
)
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival, Handler

HANDLERS: dict[str, Handler] = {
    "Accept": answers.answer,
    "Add": lambda arrival: pins.add(arrival) or collections.add(arrival),
    "Announce": boosts.announce,
    "Block": blocks.block,
    "Create": posts.create,
    "Delete": deletes.delete,
    "EmojiReact": likes.like,
    "FeatureRequest": feature_requests.ask,
    "Flag": flags.flag,
    "Follow": follows.follow,
    "Like": likes.like,
    "Move": moves.move,
    "QuoteRequest": quote_requests.ask,
    "Reject": answers.answer,
    "Remove": lambda arrival: pins.remove(arrival) or collections.remove(arrival),
    "Undo": undo.undo,
    "Update": lambda arrival: collections.change(arrival) or updates.update(arrival),
}


def prepare(arrival: Arrival) -> Apply | None:
    """What to do in the transaction; None for what means nothing here. Raises HearthError."""
    handler = HANDLERS.get(arrival.activity.kind)
    return handler(arrival) if handler is not None else None
