# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes to other servers, and what came from them."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from appliance.fediverse.db.tables.base import key, metadata, ref

# The transactional outbox: an activity is written with what it tells of, and once per inbox it goes to.
activities = Table(
    "activities",
    metadata,
    key(),
    ref("account_id", "accounts"),
    Column("body", Text, nullable=False),  # the JSON as it is sent
    Column("created_at", BigInteger, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    key(),
    ref("activity_id", "activities"),
    ref("account_id", "accounts"),
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
