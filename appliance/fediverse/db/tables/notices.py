# SPDX-License-Identifier: AGPL-3.0-or-later
"""What members are told and how far they have read; what strangers' notices wait for; what streams tell."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from appliance.fediverse.db.tables.base import KEY, key, metadata, ref

_GROUPED = text("group_key IS NOT NULL")

notifications = Table(
    "notifications",
    metadata,
    key(),
    ref("account_id", "accounts"),
    Column("kind", String, nullable=False),  # model.NotificationKind
    ref("from_account_id", "accounts"),
    ref("status_id", "statuses", null=True),
    Column("created_at", BigInteger, nullable=False),
    Column("group_key", String),  # alike ones share it; NULL: this one stands alone
    Column("filtered", Boolean, nullable=False, server_default=text("false")),  # kept apart by the reader's policy
    Column("about_id", BigInteger),  # of the report, warning or severance, by kind
    Index(None, "account_id", "filtered", "id"),
    Index(None, "account_id", "from_account_id", "status_id"),
    Index(
        "ix_notifications_group",
        "account_id",
        "group_key",
        "id",
        sqlite_where=_GROUPED,
    ),
    Index(None, "status_id"),
)

# How far a member has read, so that her apps agree: timeline is "home" or "notifications".
markers = Table(
    "markers",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("timeline", String, primary_key=True),
    Column("last_read_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# What becomes of notices from whom (services.notification_policies); a member without a row has the usual one.
notification_policies = Table(
    "notification_policies",
    metadata,
    Column("account_id", KEY, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("for_not_following", String, nullable=False),
    Column("for_not_followers", String, nullable=False),
    Column("for_new_accounts", String, nullable=False),
    Column("for_private_mentions", String, nullable=False),
    Column("for_limited_accounts", String, nullable=False),
)

# Who was let through, whatever the policy says.
notification_permissions = Table(
    "notification_permissions",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("from_account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "from_account_id"),
    sqlite_with_rowid=False,
)

# One for each account whose notices are kept apart.
notification_requests = Table(
    "notification_requests",
    metadata,
    key(),
    ref("account_id", "accounts"),
    ref("from_account_id", "accounts"),
    ref("last_status_id", "statuses", cascade=False),
    Column("waiting", Integer, nullable=False),  # how many notices
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "from_account_id"),
    Index(None, "account_id", "id"),
    Index(None, "from_account_id"),
    Index(None, "last_status_id"),
)

# Follows that ended because a server was blocked or somebody suspended, told to the member they were of.
severances = Table(
    "severances",
    metadata,
    key(),
    ref("account_id", "accounts"),
    Column("kind", String, nullable=False),  # model.Severed
    Column("target_name", String, nullable=False),  # a domain, or a handle
    Column("followers_count", Integer, nullable=False),
    Column("following_count", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "account_id"),
)

# Where a member's apps and browsers are pushed to: one for each token.
push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    key(),
    Column("token_id", BigInteger, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False, unique=True),
    ref("account_id", "accounts"),
    Column("token", String, nullable=False),  # as it was given out: the app knows by it whom a push is for
    Column("endpoint", Text, nullable=False),
    Column("public_key", String, nullable=False),  # the receiver's, base64url, as all here
    Column("auth", String, nullable=False),
    Column("standard", Boolean, nullable=False),
    Column("alerts", JSON, nullable=False),  # the kinds that are wanted
    Column("policy", String, nullable=False),  # services.push_subscriptions.From
    Column("created_at", BigInteger, nullable=False),
    Index(None, "account_id"),
)

# Pushes that are to be sent. No reference to the notification, as most are gone before it: what is gone is not sent.
push_errands = Table(
    "push_errands",
    metadata,
    key(),
    ref("subscription_id", "push_subscriptions"),
    Column("notification_id", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False),
    Index(None, "due_at"),
    Index(None, "subscription_id"),
)

announcements = Table(
    "announcements",
    metadata,
    key(),
    Column("text", Text, nullable=False),
    Column("all_day", Boolean, nullable=False),
    Column("starts_at", BigInteger),
    Column("ends_at", BigInteger),
    Column("published_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

announcement_reads = Table(
    "announcement_reads",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("announcement_id", BigInteger, ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "announcement_id"),
    sqlite_with_rowid=False,
)

announcement_reactions = Table(
    "announcement_reactions",
    metadata,
    key(),
    ref("announcement_id", "announcements"),
    ref("account_id", "accounts"),
    Column("name", String, nullable=False),
    UniqueConstraint("announcement_id", "account_id", "name"),
    Index(None, "account_id"),
)

# What streams tell besides new posts and notices, which they read from their own tables. Kept for minutes.
stream_events = Table(
    "stream_events",
    metadata,
    key(),
    Column("kind", String, nullable=False),  # services.stream_events.EventKind
    Column("data", JSON, nullable=False),
)
