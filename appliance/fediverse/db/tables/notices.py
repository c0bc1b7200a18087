# SPDX-License-Identifier: AGPL-3.0-or-later
"""What members are told, and how far they have read."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from appliance.fediverse.db.tables.base import key, metadata, ref

notifications = Table(
    "notifications",
    metadata,
    key(),
    ref("account_id", "accounts"),
    Column("kind", String, nullable=False),  # model.NotificationKind
    ref("from_account_id", "accounts"),
    ref("status_id", "statuses", null=True),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "account_id", "id"),
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
