# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports and what came of them; servers, addresses and e-mail kept out; who was here on which day."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from appliance.fediverse.db.tables.base import key, metadata, ref

_NO = text("false")

reports = Table(
    "reports",
    metadata,
    key(),
    ref("account_id", "accounts"),  # who reports: a member, or the actor of another server
    ref("target_account_id", "accounts"),
    Column("category", String, nullable=False),  # services.reports.Category
    Column("comment", Text, nullable=False),
    Column("forwarded", Boolean, nullable=False),
    Column("status_ids", JSON, nullable=False),
    Column("rule_ids", JSON, nullable=False),
    Column("collection_ids", JSON(none_as_null=True)),
    Column("uri", Text, unique=True),  # of the Flag that it came with
    ref("assigned_account_id", "accounts", cascade=False),
    ref("action_taken_by_account_id", "accounts", cascade=False),
    Column("action_taken_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(None, "target_account_id", "id"),
    Index(None, "account_id", "id"),
)

# What moderators did to accounts, and wrote to them about it.
strikes = Table(
    "strikes",
    metadata,
    key(),
    ref("account_id", "accounts", cascade=False),  # the moderator
    ref("target_account_id", "accounts"),
    Column("action", String, nullable=False),  # services.moderation.Action, or "unsuspend" and the like
    Column("text", Text, nullable=False),
    ref("report_id", "reports", cascade=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "target_account_id", "id"),
)

# Servers that this one has nothing, or little, to do with. A domain stands for all below it.
server_blocks = Table(
    "server_blocks",
    metadata,
    key(),
    Column("domain", String, nullable=False, unique=True),
    Column("severity", String, nullable=False),  # services.server_blocks.Severity
    Column("reject_media", Boolean, nullable=False, server_default=_NO),
    Column("reject_reports", Boolean, nullable=False, server_default=_NO),
    Column("obfuscate", Boolean, nullable=False, server_default=_NO),
    Column("private_comment", Text),
    Column("public_comment", Text),
    Column("created_at", BigInteger, nullable=False),
)

# The only servers there are for this one, where federation is limited.
server_allows = Table(
    "server_allows",
    metadata,
    key(),
    Column("domain", String, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

email_domain_blocks = Table(
    "email_domain_blocks",
    metadata,
    key(),
    Column("domain", String, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

# Single addresses, known only by the SHA-256 of their canonical form.
email_blocks = Table(
    "email_blocks",
    metadata,
    key(),
    Column("hash", String, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

ip_blocks = Table(
    "ip_blocks",
    metadata,
    key(),
    Column("network", String, nullable=False, unique=True),  # with its prefix: 192.0.2.0/24
    Column("severity", String, nullable=False),  # services.ip_blocks.Severity
    Column("comment", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
)

# One row for each day on which a member was here: what activity and retention are counted from.
visits = Table(
    "visits",
    metadata,
    Column("day", Integer, primary_key=True),  # since 1970
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "account_id"),
    sqlite_with_rowid=False,
)

# What a moderator said may, or may not, be shown as a trend: kind is "tag", "status" or "link".
trend_reviews = Table(
    "trend_reviews",
    metadata,
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),  # a tag's name, a status' id, a link's address
    Column("allowed", Boolean, nullable=False),
    Column("reviewed_at", BigInteger, nullable=False),
)
