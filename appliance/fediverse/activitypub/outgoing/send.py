# SPDX-License-Identifier: AGPL-3.0-or-later
"""The outbox, written: one activity, and one delivery for each inbox it goes to."""

import json
from urllib.parse import urlsplit

import sqlalchemy as sa

from appliance.fediverse.activitypub import documents, hosts
from appliance.fediverse.activitypub.audience import Inboxes
from appliance.fediverse.activitypub.documents import Document, Row
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, activities, deliveries
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.urls import Urls

_ACTIVITY, _DELIVERY = sa.insert(activities), sa.insert(deliveries)
_ACCOUNT = sa.select(accounts).where(accounts.c.id == sa.bindparam("id", type_=sa.BigInteger))


def send(
    tx: Tx,
    author_id: int | None,
    body: Document,
    inboxes: Inboxes,
    *,
    synchronises: bool = False,
    private_key: str | None = None,
) -> None:
    """Without an author it is said by the instance's own actor. `synchronises`: whoever gets it may compare the
    author's followers; `private_key` is to sign with instead of the author's own."""
    resting = hosts.resting(tx) if inboxes else {}
    hosts_of = {inbox: urlsplit(inbox).netloc for inbox in sorted(inboxes)}
    due = ((inbox, host, resting.get(host, tx.now_ms)) for inbox, host in hosts_of.items())
    wanted = [(inbox, host, due_at) for inbox, host, due_at in due if due_at is not None]
    if not wanted:
        return
    activity_id = tx.next_id()
    values = {
        "id": activity_id,
        "account_id": author_id,
        "body": json.dumps(documents.in_context(body), ensure_ascii=False),
        "created_at": tx.now_ms,
        "synchronises": synchronises,
        "private_key": private_key,
    }
    tx.execute(_ACTIVITY, values)
    rows = [
        {
            "id": tx.next_id(),
            "activity_id": activity_id,
            "account_id": author_id,
            "inbox": inbox,
            "host": host,
            "due_at": due_at,
        }
        for inbox, host, due_at in wanted
    ]
    tx.execute(_DELIVERY, rows)
    tx.topics.add(Topic.DELIVERIES)


def from_us(
    tx: Tx, urls: Urls, table: sa.Table, row_id: int, actor_column: str, other_column: str
) -> tuple[Row, Row, Row] | None:
    """A row with its actor and the other account; None when the actor is not ours or nothing may leave."""
    row = tx.one(sa.select(table).where(table.c.id == row_id)) if urls.federating else None
    if row is None:
        return None
    actor = account(tx, getattr(row, actor_column))
    other = actor if actor_column == other_column else account(tx, getattr(row, other_column))
    return None if actor.domain else (row, actor, other)


def account(tx: Tx, account_id: int) -> Row:
    return tx.connection.execute(_ACCOUNT, {"id": account_id}).one()
