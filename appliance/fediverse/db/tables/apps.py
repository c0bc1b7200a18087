# SPDX-License-Identifier: AGPL-3.0-or-later
"""Apps and what they may do for whom. Secrets that are handed out are kept as their SHA-256 alone."""

from sqlalchemy import JSON, BigInteger, Column, Index, String, Table, Text

from appliance.fediverse.db.tables.base import key, metadata, ref

apps = Table(
    "apps",
    metadata,
    key(),
    Column("client_id", String, nullable=False, unique=True),
    Column("client_secret", String, nullable=False),  # SHA-256 of it
    Column("name", String, nullable=False),
    Column("website", Text),
    Column("redirect_uris", JSON, nullable=False),
    Column("scopes", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),  # when it got its first token for a member
)

codes = Table(
    "codes",
    metadata,
    Column("hash", String, primary_key=True),
    ref("app_id", "apps"),
    ref("account_id", "accounts"),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", String, nullable=False),
    Column("challenge", String),
    Column("expires_at", BigInteger, nullable=False),
    Column("token_id", BigInteger),  # what it was exchanged for
)

tokens = Table(
    "tokens",
    metadata,
    key(),
    Column("hash", String, nullable=False, unique=True),
    ref("app_id", "apps"),
    ref("account_id", "accounts", null=True),
    Column("scopes", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Index(None, "account_id"),
    Index(None, "app_id"),
)
