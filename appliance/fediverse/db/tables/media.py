# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures, sound and video: those of members, and what is kept for a while of other servers'."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text, text

from appliance.fediverse.db.tables.base import key, metadata, ref

_UNDONE = text("state IN ('waiting', 'working')")
_LOOSE = text("status_id IS NULL")

# What members uploaded. What is shown of an attached one stands in `statuses.attachments` as well.
media = Table(
    "media",
    metadata,
    key(),
    ref("account_id", "accounts"),
    ref("status_id", "statuses", cascade=False),
    Column("purpose", String, nullable=False),  # model.MediaPurpose
    Column("state", String, nullable=False),  # model.MediaState
    Column("kind", String, nullable=False),  # model.MediaKind
    Column("source", String),  # the file as it came, until it is worked on
    Column("thumbnail_source", String),
    Column("file", String),  # below media/files
    Column("small", String),
    Column("meta", JSON, nullable=False),  # as the Mastodon API has it
    Column("blurhash", String),
    Column("description", Text, nullable=False, server_default=""),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Column("keep_until", BigInteger, nullable=False),  # while it belongs to no status
    Index(None, "account_id"),
    Index(None, "status_id"),
    Index("ix_media_undone", "id", sqlite_where=_UNDONE),
    Index("ix_media_loose", "keep_until", sqlite_where=_LOOSE),
)

# A cache: each may go at any moment, and is fetched again when somebody looks.
kept_media = Table(
    "kept_media",
    metadata,
    key(),
    Column("hash", String, nullable=False, unique=True),  # SHA-256 of purpose and address
    Column("purpose", String, nullable=False),
    Column("remote_url", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("file", String),  # below media/kept
    Column("small", String),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False),  # when to ask for it, again if that failed
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=False),
    Index("ix_kept_media_undone", "due_at", sqlite_where=_UNDONE),
    Index(None, "last_used_at"),
)
