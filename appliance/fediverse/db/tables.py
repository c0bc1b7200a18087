# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every table of the instance. Times are milliseconds since 1970 UTC; ids are time-sorted (see ids.py).

Rows of local things hold no absolute URL: `uri` and `url` are NULL for them and are made from the origin
when they are shown. For remote things `uri` is the ActivityPub id, unique.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# In SQLite only a key declared INTEGER is the row's own address; BIGINT would cost a second index.
_KEY = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> "Column[int]":
    return Column("id", _KEY, primary_key=True, autoincrement=False)


def _ref(name: str, target: str, *, null: bool = False, cascade: bool = True) -> "Column[int]":
    action = "CASCADE" if cascade else "SET NULL"
    return Column(name, BigInteger, ForeignKey(f"{target}.id", ondelete=action), nullable=null or not cascade)


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
    "rules", metadata, _id(), Column("position", Integer, nullable=False), Column("text", Text, nullable=False)
)

# People and bots, of this instance (domain is '') and of others.
accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("username", String, nullable=False),
    Column("domain", String, nullable=False, server_default=""),
    Column("username_key", String, nullable=False),  # lower case, for look-ups
    Column("display_name", String, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),  # sanitised HTML
    Column("note_source", Text, nullable=False, server_default=""),
    Column("fields", JSON, nullable=False),  # [{"name": text, "value": sanitised HTML}]
    Column("locked", Boolean, nullable=False, server_default=text("false")),
    Column("bot", Boolean, nullable=False, server_default=text("false")),
    Column("discoverable", Boolean, nullable=False, server_default=text("true")),
    Column("actor_type", String, nullable=False, server_default="Person"),
    Column("uri", Text, unique=True),
    Column("url", Text),
    Column("inbox", Text),
    Column("shared_inbox", Text),
    Column("followers_uri", Text),
    Column("avatar_url", Text),
    Column("header_url", Text),
    Column("key_id", Text),
    Column("public_key", Text, nullable=False),  # PEM, SubjectPublicKeyInfo
    Column("private_key", Text),  # PEM, PKCS #8; local accounts only
    Column("statuses_count", Integer, nullable=False, server_default="0"),
    Column("followers_count", Integer, nullable=False, server_default="0"),
    Column("following_count", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Column("last_status_at", BigInteger),
    Column("fetched_at", BigInteger),  # remote: when the actor document was last read
    Column("suspended_at", BigInteger),
    Column("deleted_at", BigInteger),
    UniqueConstraint("username_key", "domain"),
    Index(None, "key_id"),
)

# The part of a local account that logs in.
members = Table(
    "members",
    metadata,
    Column("account_id", _KEY, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("password", Text, nullable=False),  # argon2id
    Column("role", String, nullable=False),  # services.members.Role
    Column("state", String, nullable=False),  # services.members.MemberState
    Column("reason", Text, nullable=False, server_default=""),  # why they want in, for approval
    Column("email", String),
    Column("preferences", JSON, nullable=False),  # {"visibility": …, "sensitive": …, "language": …}
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger),
)

statuses = Table(
    "statuses",
    metadata,
    _id(),
    _ref("account_id", "accounts"),
    Column("uri", Text, unique=True),
    Column("url", Text),
    Column("text", Text, nullable=False, server_default=""),  # what the author typed; local only
    Column("content", Text, nullable=False, server_default=""),  # sanitised HTML
    Column("spoiler_text", Text, nullable=False, server_default=""),
    Column("sensitive", Boolean, nullable=False, server_default=text("false")),
    Column("visibility", String, nullable=False),  # model.Visibility
    Column("language", String),
    _ref("in_reply_to_id", "statuses", cascade=False),
    _ref("in_reply_to_account_id", "accounts", cascade=False),
    _ref("boost_of_id", "statuses", null=True),
    Column("conversation_id", BigInteger, nullable=False),  # id of the thread's first status known here
    Column("attachments", JSON, nullable=False),  # [{"type", "url", "mediaType", "description"}], remote
    _ref("app_id", "apps", cascade=False),
    Column("replies_count", Integer, nullable=False, server_default="0"),
    Column("boosts_count", Integer, nullable=False, server_default="0"),
    Column("favourites_count", Integer, nullable=False, server_default="0"),
    Column("local", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("edited_at", BigInteger),
    Index(None, "account_id", "id"),
    Index(None, "in_reply_to_id"),
    Index(None, "conversation_id"),
    UniqueConstraint("boost_of_id", "account_id"),
    # For the local timeline. Boosts are in it too: were "boost_of_id IS NULL" part of it, SQLite would rather look that
    # up in the unique index and sort all posts there are.
    Index("ix_statuses_public", "id", sqlite_where=text("visibility = 'public' AND local")),
)

status_edits = Table(
    "status_edits",
    metadata,
    _id(),
    _ref("status_id", "statuses"),
    Column("text", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("spoiler_text", Text, nullable=False),
    Column("sensitive", Boolean, nullable=False),
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

tags = Table("tags", metadata, _id(), Column("name", String, nullable=False, unique=True))

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
    _id(),
    _ref("account_id", "accounts"),
    _ref("status_id", "statuses"),
    Column("uri", Text),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("status_id", "account_id"),
    Index(None, "account_id", "id"),
    Index(None, "uri"),
)

bookmarks = Table(
    "bookmarks",
    metadata,
    _id(),
    _ref("account_id", "accounts"),
    _ref("status_id", "statuses"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("status_id", "account_id"),
    Index(None, "account_id", "id"),
)

follows = Table(
    "follows",
    metadata,
    _id(),
    _ref("follower_id", "accounts"),
    _ref("followee_id", "accounts"),
    Column("state", String, nullable=False),  # model.FollowState
    Column("boosts", Boolean, nullable=False, server_default=text("true")),
    Column("notify", Boolean, nullable=False, server_default=text("false")),
    Column("uri", Text),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("follower_id", "followee_id"),
    Index(None, "followee_id", "state", "id"),
    Index(None, "follower_id", "state", "id"),
    Index(None, "uri"),
)

blocks = Table(
    "blocks",
    metadata,
    _id(),
    _ref("account_id", "accounts"),
    _ref("target_id", "accounts"),
    Column("uri", Text),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "target_id"),
    Index(None, "target_id"),
    Index(None, "uri"),
)

notifications = Table(
    "notifications",
    metadata,
    _id(),
    _ref("account_id", "accounts"),
    Column("kind", String, nullable=False),  # model.NotificationKind
    _ref("from_account_id", "accounts"),
    _ref("status_id", "statuses", null=True),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "account_id", "id"),
    Index(None, "status_id"),
)

apps = Table(
    "apps",
    metadata,
    _id(),
    Column("client_id", String, nullable=False, unique=True),
    Column("client_secret", String, nullable=False),  # SHA-256 of it
    Column("name", String, nullable=False),
    Column("website", Text),
    Column("redirect_uris", JSON, nullable=False),
    Column("scopes", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Secrets that are handed out are kept as their SHA-256 alone.
codes = Table(
    "codes",
    metadata,
    Column("hash", String, primary_key=True),
    _ref("app_id", "apps"),
    _ref("account_id", "accounts"),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", String, nullable=False),
    Column("challenge", String),
    Column("expires_at", BigInteger, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    _id(),
    Column("hash", String, nullable=False, unique=True),
    _ref("app_id", "apps"),
    _ref("account_id", "accounts", null=True),
    Column("scopes", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Index(None, "account_id"),
)

sessions = Table(
    "sessions",
    metadata,
    _id(),
    Column("hash", String, nullable=False, unique=True),
    _ref("account_id", "accounts"),
    Column("browser", Text, nullable=False),  # User-Agent, shortened
    Column("address", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Index(None, "account_id"),
)

invites = Table(
    "invites",
    metadata,
    _id(),
    Column("hash", String, nullable=False, unique=True),
    _ref("created_by", "accounts", cascade=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    _ref("used_by", "accounts", cascade=False),
    Column("used_at", BigInteger),
)

# Failed log-ins and the like: how often in the window that began at `since`.
throttles = Table(
    "throttles",
    metadata,
    Column("key", String, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("status_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
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

# The transactional outbox: an activity is written with what it tells of, and once per inbox it goes to.
activities = Table(
    "activities",
    metadata,
    _id(),
    _ref("account_id", "accounts"),
    Column("body", Text, nullable=False),  # the JSON as it is sent
    Column("created_at", BigInteger, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    _ref("activity_id", "activities"),
    _ref("account_id", "accounts"),
    Column("inbox", Text, nullable=False),
    Column("host", String, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False),
    Column("last_error", Text),
    Index(None, "due_at"),
    Index(None, "host", "account_id", "id"),
    Index(None, "activity_id"),
)

# Activities already taken in, so that a replayed request changes nothing; kept longer than a signature is fresh.
received = Table(
    "received",
    metadata,
    Column("uri", Text, primary_key=True),
    Column("received_at", BigInteger, nullable=False),
    Index(None, "received_at"),
)

# What is gone: ids of deleted local statuses (answered 410) and URIs of remote ones (never taken in again).
tombstones = Table(
    "tombstones",
    metadata,
    Column("uri", Text, primary_key=True),  # "local:<id>" for local statuses
    Column("deleted_at", BigInteger, nullable=False),
)
