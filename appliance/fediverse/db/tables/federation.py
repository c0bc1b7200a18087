# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes to other servers, what came from them, and what is known of how to reach them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from appliance.fediverse.db.tables.base import key, metadata, ref

# The transactional outbox: an activity is written with what it tells of, and once per inbox it goes to. What has no
# account is told by the instance's own actor.
activities = Table(
    "activities",
    metadata,
    key(),
    ref("account_id", "accounts", null=True),
    Column("body", Text, nullable=False),  # the JSON as it is sent
    Column("created_at", BigInteger, nullable=False),
    Column(
        "private_key", Text
    ),  # the one to sign with, where it is not the account's: news of a new key come by the old
    Column("synchronises", Boolean, nullable=False, server_default=text("false")),  # sent with FEP-8fcf's header
)

deliveries = Table(
    "deliveries",
    metadata,
    key(),
    ref("activity_id", "activities"),
    ref("account_id", "accounts", null=True),
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

# What was learned of other servers. Those that always answered and speak as everybody does have no row.
hosts = Table(
    "hosts",
    metadata,
    Column("host", String, primary_key=True),
    Column("failures", Integer, nullable=False, server_default="0"),  # since it answered last
    Column("down_since", BigInteger),
    Column("retry_at", BigInteger),  # nothing goes there before
    Column("signs", String),  # signatures.Form that it understands, where that is known
    Index(None, "retry_at"),
)

# Servers that hand on public posts of many others.
relays = Table(
    "relays",
    metadata,
    key(),
    Column("inbox", Text, nullable=False, unique=True),
    Column("actor_uri", Text, unique=True),  # of the LitePub form, whose actor is followed
    Column("state", String, nullable=False),  # model.RelayState
    Column("created_at", BigInteger, nullable=False),
)

# What other servers are to be asked when nobody waits for it. A row without a moment is done, and stays a while so
# that the same is not asked too often.
errands = Table(
    "errands",
    metadata,
    Column("kind", String, primary_key=True),  # services.errands.Errand
    Column("subject", Text, primary_key=True),
    Column("due_at", BigInteger),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("done_at", BigInteger),
    Index(None, "due_at"),
    Index(None, "done_at"),
)
