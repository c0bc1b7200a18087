# SPDX-License-Identifier: AGPL-3.0-or-later
"""What belongs to the instance itself: its settings, rules, invites, sessions of browsers."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text

from appliance.fediverse.db.tables.base import key, metadata, ref

# The largest id ever given out: ids never go back, even when the clock does.
sequence = Table(
    "sequence",
    metadata,
    Column("name", String, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

# Key-value pairs that belong to the instance: title, description, registration, … and its final origin.
instance = Table("instance", metadata, Column("key", String, primary_key=True), Column("value", JSON, nullable=False))

rules = Table(
    "rules", metadata, key(), Column("position", Integer, nullable=False), Column("text", Text, nullable=False)
)

invites = Table(
    "invites",
    metadata,
    key(),
    Column("hash", String, nullable=False, unique=True),
    ref("created_by", "accounts", cascade=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    ref("used_by", "accounts", cascade=False),
    Column("used_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    key(),
    Column("hash", String, nullable=False, unique=True),
    ref("account_id", "accounts"),
    Column("browser", Text, nullable=False),  # User-Agent, shortened
    Column("address", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Index(None, "account_id"),
)

# Failed log-ins and the like: how often in the window that began at `since`.
throttles = Table(
    "throttles",
    metadata,
    Column("key", String, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
)
