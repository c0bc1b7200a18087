# SPDX-License-Identifier: AGPL-3.0-or-later
"""People and bots, of this instance and of others, and what they are to each other."""

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

from appliance.fediverse.db.tables.base import KEY, key, metadata, ref

# People and bots, of this instance (domain is '') and of others.
accounts = Table(
    "accounts",
    metadata,
    key(),
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
    Column("avatar_url", Text),  # of a member: the file's name in the store
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
    Column("silenced_at", BigInteger),  # not shown to who does not follow
    Column("sensitized_at", BigInteger),  # all posts count as sensitive
    Column("deleted_at", BigInteger),
    Column("featured_uri", Text),  # remote: the collection of pinned posts
    Column("emojis", JSON(none_as_null=True)),  # in name, note and fields, as services.emojis.Used
    Column("hide_collections", Boolean, nullable=False, server_default=text("false")),
    Column("indexable", Boolean, nullable=False, server_default=text("false")),  # its public posts may be searched
    Column("attribution_domains", JSON(none_as_null=True)),  # whose articles may name this account as their author
    Column("also_known_as", JSON(none_as_null=True)),  # URIs of this person's other accounts
    Column("featured_collections_uri", Text),  # remote: its collections of accounts
    Column("feature_policy", String),  # remote: who may recommend it, as services.feature_policy keeps it
    Column("moved_to_id", BigInteger),  # the account that this one moved to
    Column("avatar_description", Text, nullable=False, server_default=""),
    Column("header_description", Text, nullable=False, server_default=""),
    # What its page is to show.
    Column("show_media", Boolean, nullable=False, server_default=text("true")),
    Column("show_media_replies", Boolean, nullable=False, server_default=text("true")),
    Column("show_featured", Boolean, nullable=False, server_default=text("true")),
    UniqueConstraint("username_key", "domain"),
    Index(None, "key_id"),
    # For the directory.
    Index("ix_accounts_active", "last_status_at", sqlite_where=text("discoverable")),
)

# The part of a local account that logs in.
members = Table(
    "members",
    metadata,
    Column("account_id", KEY, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("password", Text, nullable=False),  # argon2id
    Column("role", String, nullable=False),  # services.members.Role
    Column("state", String, nullable=False),  # services.members.MemberState
    Column("reason", Text, nullable=False, server_default=""),  # why they want in, for approval
    Column("email", String),
    Column("preferences", JSON, nullable=False),  # {"visibility": …, "sensitive": …, "language": …}
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger),
    Column("locale", String),
    Column("app_id", BigInteger),  # the app that signed them up, if any
    Column("sign_up_address", String),
)

follows = Table(
    "follows",
    metadata,
    key(),
    ref("follower_id", "accounts"),
    ref("followee_id", "accounts"),
    Column("state", String, nullable=False),  # model.FollowState
    Column("boosts", Boolean, nullable=False, server_default=text("true")),
    Column("notify", Boolean, nullable=False, server_default=text("false")),
    Column("languages", Text),  # of posts that the follower wants, as " de en "; NULL: all
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
    key(),
    ref("account_id", "accounts"),
    ref("target_id", "accounts"),
    Column("uri", Text),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "target_id"),
    Index(None, "target_id"),
    Index(None, "uri"),
)
