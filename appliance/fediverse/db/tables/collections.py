# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections: people whom somebody recommends together, of this instance and of others."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from appliance.fediverse.db.tables.base import key, metadata, ref

collections = Table(
    "collections",
    metadata,
    key(),
    ref("account_id", "accounts"),  # who recommends
    Column("uri", Text, unique=True),
    Column("url", Text),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),  # as it was typed; of elsewhere sanitised HTML
    Column("language", String),
    Column("sensitive", Boolean, nullable=False),
    Column("discoverable", Boolean, nullable=False),  # else only who knows its address finds it
    Column("tag", String),  # a hashtag's name
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(None, "account_id", "id"),
    Index(None, "url"),
)

collection_items = Table(
    "collection_items",
    metadata,
    key(),
    ref("collection_id", "collections"),
    ref("account_id", "accounts"),  # who is recommended
    Column("state", String, nullable=False),  # model.FeatureState
    Column("position", Integer, nullable=False),
    Column("uri", Text),  # of elsewhere: the item's
    Column("approval_uri", Text),  # where the server of who is recommended says that she agreed
    Column("verified_at", BigInteger),  # of elsewhere: when that was read last
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("collection_id", "account_id"),
    Index(None, "account_id"),
    Index(None, "uri"),
    Index(None, "approval_uri"),
)
