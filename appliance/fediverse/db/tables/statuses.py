# SPDX-License-Identifier: AGPL-3.0-or-later
"""Posts, and what people do with them."""

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

_HAS_CARD, _IS_QUOTE = text("card_id IS NOT NULL"), text("quoted_id IS NOT NULL")
_IS_AGREED = text("quote_approval IS NOT NULL")

_HAS_APP = text("app_id IS NOT NULL")

statuses = Table(
    "statuses",
    metadata,
    key(),
    ref("account_id", "accounts"),
    Column("uri", Text, unique=True),
    Column("url", Text),
    Column("text", Text, nullable=False, server_default=""),  # what the author typed; local only
    Column("content", Text, nullable=False, server_default=""),  # sanitised HTML
    Column("spoiler_text", Text, nullable=False, server_default=""),
    Column("sensitive", Boolean, nullable=False, server_default=text("false")),
    Column("visibility", String, nullable=False),  # model.Visibility
    Column("language", String),
    ref("in_reply_to_id", "statuses", cascade=False),
    ref("in_reply_to_account_id", "accounts", cascade=False),
    ref("boost_of_id", "statuses", null=True),
    Column("conversation_id", BigInteger, nullable=False),  # id of the thread's first status known here
    Column("attachments", JSON, nullable=False),  # services.attachments.Attachment, as it is shown
    ref("app_id", "apps", cascade=False),
    Column("replies_count", Integer, nullable=False, server_default="0"),
    Column("boosts_count", Integer, nullable=False, server_default="0"),
    Column("favourites_count", Integer, nullable=False, server_default="0"),
    Column("local", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("edited_at", BigInteger),
    # Kept without a constraint, as each would cost a look at every deletion: what is gone is not found.
    Column("poll_id", BigInteger),
    Column("card_id", BigInteger),
    Column("quoted_id", BigInteger),
    Column("quote_uri", Text),  # what is quoted, as its author's server names it
    Column("quote_state", String),  # model.QuoteState; NULL: this quotes nothing
    Column("quote_approval", Text),  # where the quoted author's server says that it agreed
    Column("quote_policy", String),  # who may quote this, as services.quote_policy keeps it; NULL: its author alone
    Column("quotes_count", Integer, nullable=False, server_default="0"),
    Column("emojis", JSON(none_as_null=True)),  # those that are used, as services.emojis.Used
    Column("collection_ids", JSON(none_as_null=True)),  # collections of accounts that it links to
    Index(None, "account_id", "id"),
    Index(None, "in_reply_to_id"),
    Index(None, "conversation_id"),
    # Whether one of ours takes part in a thread.
    Index("ix_statuses_our_threads", "conversation_id", sqlite_where=text("local")),
    UniqueConstraint("boost_of_id", "account_id"),
    # For the local timeline. Boosts are in it too: were "boost_of_id IS NULL" part of it, SQLite would rather look that
    # up in the unique index and sort all posts there are.
    Index("ix_statuses_public", "id", sqlite_where=text("visibility = 'public' AND local")),
    # Without it, forgetting an app would look at all posts there are.
    Index("ix_statuses_app_id", "app_id", sqlite_where=_HAS_APP),
    Index("ix_statuses_card_id", "card_id", "id", sqlite_where=_HAS_CARD),
    Index("ix_statuses_quote_approval", "quote_approval", sqlite_where=_IS_AGREED),
    Index("ix_statuses_quoted_id", "quoted_id", "id", sqlite_where=_IS_QUOTE),
)

status_edits = Table(
    "status_edits",
    metadata,
    key(),
    ref("status_id", "statuses"),
    Column("text", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("spoiler_text", Text, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("attachments", JSON, nullable=False, server_default="[]"),
    Column("poll_options", JSON(none_as_null=True)),  # titles
    Column("created_at", BigInteger, nullable=False),
    Index(None, "status_id", "id"),
)

mentions = Table(
    "mentions",
    metadata,
    Column("status_id", BigInteger, ForeignKey("statuses.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "account_id", "status_id"),
)

tags = Table("tags", metadata, key(), Column("name", String, nullable=False, unique=True))

status_tags = Table(
    "status_tags",
    metadata,
    Column("tag_id", BigInteger, ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
    Column("status_id", BigInteger, ForeignKey("statuses.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "status_id"),
)

# One row per local reader and status: the home timeline is one index look-up however long history is.
home = Table(
    "home",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("status_id", BigInteger, ForeignKey("statuses.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "status_id"),
    sqlite_with_rowid=False,
)

favourites = Table(
    "favourites",
    metadata,
    key(),
    ref("account_id", "accounts"),
    ref("status_id", "statuses"),
    Column("uri", Text),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("status_id", "account_id"),
    Index(None, "account_id", "id"),
    Index(None, "uri"),
)

bookmarks = Table(
    "bookmarks",
    metadata,
    key(),
    ref("account_id", "accounts"),
    ref("status_id", "statuses"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("status_id", "account_id"),
    Index(None, "account_id", "id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("status_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# What is gone: ids of deleted local statuses (answered 410) and URIs of remote ones (never taken in again).
tombstones = Table(
    "tombstones",
    metadata,
    Column("uri", Text, primary_key=True),  # "local:<id>" for local statuses
    Column("deleted_at", BigInteger, nullable=False),
)
