# SPDX-License-Identifier: AGPL-3.0-or-later
"""What relays bring: posts of others. Their word proves nothing, so each post is asked for at its own server."""

from appliance.fediverse.activitypub import instance_actor, known, outgoing, reading
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import relays

_HANDED_ON = frozenset({"Create", "Announce"})


def hand_on(arrival: Arrival) -> None:
    """Fetch the post that a relay tells of; its activity may be somebody else's, or the relay's own Announce."""
    uri, urls = arrival.activity.object_uri, arrival.urls
    if arrival.activity.kind not in _HANDED_ON or uri is None or urls.is_ours(uri):
        return
    with arrival.context.database.read() as tx:
        if known.status_id(tx, urls, uri) is not None:
            return
    with arrival.resolver() as resolver:
        resolver.status(uri, parents=0)


def follow_back(arrival: Arrival) -> Apply | None:
    """A relay of LitePub's form follows our instance, as it was asked to; nobody else may."""
    urls, sender = arrival.urls, arrival.sender
    if arrival.activity.object_uri != instance_actor.uri(urls):
        return None

    def apply(tx: Tx) -> None:
        if any(relay.actor_uri == sender.uri for relay in relays.every(tx)):
            outgoing.relay_let_in(tx, urls, arrival.activity.document, sender.inbox)

    return apply


def answer(arrival: Arrival) -> Apply | None:
    """Accept or Reject of our Follow of a relay; None if this is about something else."""
    address, _, fragment = (arrival.activity.object_uri or "").partition("#")
    number = fragment.removeprefix("relays/")
    if address != instance_actor.uri(arrival.urls) or not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    origin, accepted = reading.origin(arrival.sender.uri), arrival.activity.kind == "Accept"
    return lambda tx: relays.answered(tx, int(number), origin, accepted=accepted)
