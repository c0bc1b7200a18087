# SPDX-License-Identifier: AGPL-3.0-or-later
"""Update: of an account by itself, or of a post."""

from appliance.errors import Refused
from appliance.fediverse.activitypub import actors, reading
from appliance.fediverse.activitypub.incoming import posts
from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import accounts


def update(arrival: Arrival) -> Apply | None:
    embedded, sender = arrival.activity.embedded, arrival.sender
    if embedded is None or reading.kind(embedded) not in actors.KINDS:
        return posts.change(arrival)
    if arrival.activity.object_uri != sender.uri:
        raise Refused("not-yours", "Nobody can change another account.")
    account = actors.read({**embedded, "preferredUsername": sender.username}, sender.domain)

    def apply(tx: Tx) -> None:
        accounts.store_remote(tx, account)
        tx.after_commit.append(lambda: arrival.doorkeeper.forget(sender.key_id))

    return apply
