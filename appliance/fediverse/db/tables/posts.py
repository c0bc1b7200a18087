# SPDX-License-Identifier: AGPL-3.0-or-later
"""What hangs on posts: polls, pins, conversations, cards, emoji; and posts that wait for their time."""

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

polls = Table(
    "polls",
    metadata,
    key(),
    ref("status_id", "statuses"),
    Column("options", JSON, nullable=False),  # titles, in order
    Column("tallies", JSON, nullable=False),  # votes for each of them
    Column("voters_count", Integer),  # NULL where another server does not say
    Column("multiple", Boolean, nullable=False),
    Column("hide_totals", Boolean, nullable=False, server_default=text("false")),
    Column("expires_at", BigInteger),
    Column("ends_at", BigInteger),  # when its end has to be told here; NULL when that is done
    Column("tell_at", BigInteger),  # local: when other servers have to be told of new votes; NULL: of none
    Column("fetched_at", BigInteger),  # remote: when its server was asked last
    UniqueConstraint("status_id"),
    Index(None, "ends_at"),
    Index(None, "tell_at"),
)

poll_votes = Table(
    "poll_votes",
    metadata,
    key(),
    ref("poll_id", "polls"),
    ref("account_id", "accounts"),
    Column("choice", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("poll_id", "account_id", "choice"),
    Index(None, "account_id"),
)

scheduled_statuses = Table(
    "scheduled_statuses",
    metadata,
    key(),
    ref("account_id", "accounts"),
    ref("app_id", "apps", cascade=False),
    Column("due_at", BigInteger, nullable=False),
    Column("draft", JSON, nullable=False),  # services.scheduled says what is in it
    Column("created_at", BigInteger, nullable=False),
    Index(None, "due_at"),
    Index(None, "account_id", "id"),
)

# Posts that their authors show first on their profiles, of this instance and of others.
pins = Table(
    "pins",
    metadata,
    key(),
    ref("account_id", "accounts"),
    ref("status_id", "statuses"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("status_id"),
    Index(None, "account_id", "id"),
)

# Threads of which a member wants to hear no more.
conversation_mutes = Table(
    "conversation_mutes",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("conversation_id", BigInteger, primary_key=True),
    Index(None, "conversation_id"),
)

# A member's direct posts, gathered by thread and by who else takes part.
conversations = Table(
    "conversations",
    metadata,
    key(),
    ref("account_id", "accounts"),
    Column("conversation_id", BigInteger, nullable=False),
    Column("others", Text, nullable=False),  # ids of the other people in it, sorted, with commas between
    Column("last_status_id", BigInteger, nullable=False),
    Column("unread", Boolean, nullable=False),
    UniqueConstraint("account_id", "conversation_id", "others"),
    Index(None, "account_id", "last_status_id"),
)

conversation_statuses = Table(
    "conversation_statuses",
    metadata,
    Column("member_conversation_id", BigInteger, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("status_id", BigInteger, ForeignKey("statuses.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "status_id"),
)

# What a page says of itself, for the links in posts (statuses.card_id). One that said nothing has an empty title.
cards = Table(
    "cards",
    metadata,
    key(),
    Column("url", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default=""),
    Column("language", String),
    Column("author_name", Text, nullable=False, server_default=""),
    Column("author_url", Text, nullable=False, server_default=""),
    Column("author_id", BigInteger),  # the account that the page says wrote it, whether that lets it say so or not
    Column("provider_name", Text, nullable=False, server_default=""),
    Column("image_url", Text),  # at the page's server
    Column("image_description", Text, nullable=False, server_default=""),
    Column("width", Integer, nullable=False, server_default="0"),
    Column("height", Integer, nullable=False, server_default="0"),
    Column("published_at", BigInteger),
    Column("fetched_at", BigInteger, nullable=False),
)

# Posts whose link is still to be looked at by the companion.
card_errands = Table(
    "card_errands",
    metadata,
    Column("status_id", BigInteger, ForeignKey("statuses.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Index(None, "due_at"),
)

# Pictures for :shortcodes:, of this instance (domain is '') and of others.
custom_emojis = Table(
    "custom_emojis",
    metadata,
    key(),
    Column("shortcode", String, nullable=False),
    Column("domain", String, nullable=False, server_default=""),
    Column("uri", Text),
    Column("image_url", Text),  # remote
    Column("image", Text),  # local: the name of its file
    Column("static_image", Text),
    Column("category", String),
    Column("visible_in_picker", Boolean, nullable=False, server_default=text("true")),
    Column("disabled", Boolean, nullable=False, server_default=text("false")),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("shortcode", "domain"),
)
