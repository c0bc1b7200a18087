# SPDX-License-Identifier: AGPL-3.0-or-later
"""What leaves the box: one function per thing that happened, called by the services inside their transaction.

Each finds its own recipients and writes the activity and one delivery per inbox (a transactional outbox), so that
what happened and what is told of it are committed together. Nothing is written when the actor is not ours, when
nobody elsewhere needs to know, or while the instance has no name to federate under.
"""

from appliance.fediverse.activitypub.outgoing.collections import (
    collection_changed,
    collection_created,
    collection_deleted,
    collection_document,
    feature_granted,
    feature_refused,
    feature_requested,
    feature_stamp_gone,
    item_added,
    item_removed,
)
from appliance.fediverse.activitypub.outgoing.people import (
    account_deleted,
    blocked,
    follow_accepted,
    follow_rejected,
    follow_requested,
    key_changed,
    moved,
    moved_to,
    profile_updated,
    stray_follow,
    unblocked,
    unfollowed,
)
from appliance.fediverse.activitypub.outgoing.pins import pinned, unpinned
from appliance.fediverse.activitypub.outgoing.polls import poll_changed, voted
from appliance.fediverse.activitypub.outgoing.posts import (
    boosted,
    favourited,
    note_parts,
    status_created,
    status_deleted,
    status_edited,
    unboosted,
    unfavourited,
)
from appliance.fediverse.activitypub.outgoing.quotes import (
    quote_granted,
    quote_refused,
    quote_requested,
    quote_withdrawn,
    quoting_of,
    status_touched,
    uri_of,
)
from appliance.fediverse.activitypub.outgoing.relays import relay_left, relay_let_in, relay_wanted
from appliance.fediverse.activitypub.outgoing.reports import flagged
from appliance.fediverse.activitypub.outgoing.send import send

__all__ = [
    "account_deleted",
    "blocked",
    "boosted",
    "collection_changed",
    "collection_created",
    "collection_deleted",
    "collection_document",
    "favourited",
    "feature_granted",
    "feature_refused",
    "feature_requested",
    "feature_stamp_gone",
    "flagged",
    "follow_accepted",
    "follow_rejected",
    "follow_requested",
    "item_added",
    "item_removed",
    "key_changed",
    "moved",
    "moved_to",
    "note_parts",
    "pinned",
    "poll_changed",
    "profile_updated",
    "quote_granted",
    "quote_refused",
    "quote_requested",
    "quote_withdrawn",
    "quoting_of",
    "relay_left",
    "relay_let_in",
    "relay_wanted",
    "send",
    "status_created",
    "status_deleted",
    "status_edited",
    "status_touched",
    "stray_follow",
    "unblocked",
    "unboosted",
    "unfavourited",
    "unfollowed",
    "unpinned",
    "uri_of",
    "voted",
]
