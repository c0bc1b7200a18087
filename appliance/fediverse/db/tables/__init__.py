# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every table of the instance. Times are milliseconds since 1970 UTC; ids are time-sorted (see ids.py).

Rows of local things hold no absolute URL: `uri` and `url` are NULL for them and are made from the origin
when they are shown. For remote things `uri` is the ActivityPub id, unique.
"""

from appliance.fediverse.db.tables.accounts import accounts, blocks, follows, members
from appliance.fediverse.db.tables.apps import apps, codes, tokens
from appliance.fediverse.db.tables.base import metadata
from appliance.fediverse.db.tables.federation import activities, deliveries, received
from appliance.fediverse.db.tables.instance import instance, invites, rules, sequence, sessions, throttles
from appliance.fediverse.db.tables.moderation import (
    email_blocks,
    email_domain_blocks,
    ip_blocks,
    reports,
    server_allows,
    server_blocks,
    strikes,
    trend_reviews,
    visits,
)
from appliance.fediverse.db.tables.notices import markers, notifications
from appliance.fediverse.db.tables.posts import (
    card_errands,
    cards,
    conversation_mutes,
    conversation_statuses,
    conversations,
    custom_emojis,
    pins,
    poll_votes,
    polls,
    scheduled_statuses,
)
from appliance.fediverse.db.tables.statuses import (
    bookmarks,
    favourites,
    home,
    idempotency,
    mentions,
    status_edits,
    status_tags,
    statuses,
    tags,
    tombstones,
)

__all__ = [
    "accounts",
    "activities",
    "apps",
    "blocks",
    "bookmarks",
    "card_errands",
    "cards",
    "codes",
    "conversation_mutes",
    "conversation_statuses",
    "conversations",
    "custom_emojis",
    "deliveries",
    "email_blocks",
    "email_domain_blocks",
    "favourites",
    "follows",
    "home",
    "idempotency",
    "instance",
    "invites",
    "ip_blocks",
    "markers",
    "members",
    "mentions",
    "metadata",
    "notifications",
    "pins",
    "poll_votes",
    "polls",
    "received",
    "reports",
    "rules",
    "scheduled_statuses",
    "sequence",
    "server_allows",
    "server_blocks",
    "sessions",
    "status_edits",
    "status_tags",
    "statuses",
    "strikes",
    "tags",
    "throttles",
    "tokens",
    "tombstones",
    "trend_reviews",
    "visits",
]
