# SPDX-License-Identifier: AGPL-3.0-or-later
"""What members keep about others: mutes, notes, lists, filters, hashtags they follow or show."""

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

from appliance.fediverse.db.tables.base import key, metadata, ref


def _part(name: str, target: str) -> "Column[int]":
    """A reference that is part of the key."""
    return Column(name, BigInteger, ForeignKey(f"{target}.id", ondelete="CASCADE"), primary_key=True)


mutes = Table(
    "mutes",
    metadata,
    key(),
    ref("account_id", "accounts"),
    ref("target_id", "accounts"),
    Column("notifications", Boolean, nullable=False, server_default=text("true")),  # those too
    Column("expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "target_id"),
    Index(None, "target_id"),
    Index(None, "expires_at"),
)

# Domains that one member wants to hear nothing of. What the whole instance blocks is the moderators' and elsewhere.
user_domain_blocks = Table(
    "user_domain_blocks",
    metadata,
    key(),
    ref("account_id", "accounts"),
    Column("domain", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "domain"),
)

account_notes = Table(
    "account_notes",
    metadata,
    _part("account_id", "accounts"),
    _part("target_id", "accounts"),
    Column("comment", Text, nullable=False),
    Index(None, "target_id"),
)

endorsements = Table(
    "endorsements",
    metadata,
    key(),
    ref("account_id", "accounts"),
    ref("target_id", "accounts"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "target_id"),
    Index(None, "target_id"),
)

dismissed_suggestions = Table(
    "dismissed_suggestions",
    metadata,
    _part("account_id", "accounts"),
    _part("target_id", "accounts"),
    Index(None, "target_id"),
)

lists = Table(
    "lists",
    metadata,
    key(),
    ref("account_id", "accounts"),
    Column("title", String, nullable=False),
    Column("replies_policy", String, nullable=False),  # model.RepliesPolicy
    Column("exclusive", Boolean, nullable=False, server_default=text("false")),
    Index(None, "account_id"),
)

list_accounts = Table(
    "list_accounts",
    metadata,
    _part("list_id", "lists"),
    _part("account_id", "accounts"),
    Index(None, "account_id"),
    sqlite_with_rowid=False,
)

# Like `home`: one row per list and status, so that reading one is a look-up in an index.
list_statuses = Table(
    "list_statuses",
    metadata,
    _part("list_id", "lists"),
    _part("status_id", "statuses"),
    Index(None, "status_id"),
    sqlite_with_rowid=False,
)

followed_tags = Table(
    "followed_tags",
    metadata,
    key(),
    ref("account_id", "accounts"),
    ref("tag_id", "tags"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "tag_id"),
    Index(None, "tag_id"),
)

featured_tags = Table(
    "featured_tags",
    metadata,
    key(),
    ref("account_id", "accounts"),
    ref("tag_id", "tags"),
    Column("name", String, nullable=False),  # as the member wrote it
    Column("statuses_count", Integer, nullable=False, server_default="0"),
    Column("last_status_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "tag_id"),
    Index(None, "tag_id"),
)

# How often who used a hashtag in public on which day (days since 1970); forgotten after some weeks.
tag_uses = Table(
    "tag_uses",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    _part("tag_id", "tags"),
    _part("account_id", "accounts"),
    Column("uses", Integer, nullable=False),
    Index(None, "tag_id"),
    Index(None, "account_id"),
    sqlite_with_rowid=False,
)

filters = Table(
    "filters",
    metadata,
    key(),
    ref("account_id", "accounts"),
    Column("title", Text, nullable=False),
    Column("contexts", JSON, nullable=False),  # values of model.FilterContext
    Column("action", String, nullable=False),  # model.FilterAction
    Column("expires_at", BigInteger),
    Index(None, "account_id"),
)

filter_keywords = Table(
    "filter_keywords",
    metadata,
    key(),
    ref("filter_id", "filters"),
    Column("keyword", Text, nullable=False),
    Column("whole_word", Boolean, nullable=False, server_default=text("true")),
    Index(None, "filter_id"),
)

filter_statuses = Table(
    "filter_statuses",
    metadata,
    key(),
    ref("filter_id", "filters"),
    ref("status_id", "statuses"),
    UniqueConstraint("filter_id", "status_id"),
    Index(None, "status_id"),
)

# The words of statuses that somebody may search for. The index over them is made by triggers (SQLite, FTS5) or is a
# column of its own (PostgreSQL), so that it follows whatever removes a row.
search_texts = Table(
    "search_texts",
    metadata,
    Column(
        "status_id",
        BigInteger().with_variant(Integer(), "sqlite"),
        ForeignKey("statuses.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("text", Text, nullable=False),
)
