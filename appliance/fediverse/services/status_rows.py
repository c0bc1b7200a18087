# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rows of statuses: found, written with all that hangs on them, and removed."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts as accounts_table
from appliance.fediverse.db.tables import follows, statuses, tombstones
from appliance.fediverse.model import FollowState, NotificationKind, Visibility
from appliance.fediverse.services import (
    accounts,
    conversations,
    fanout,
    featured_tags,
    instance_settings,
    media,
    mentions,
    notifications,
    quotes,
    search_index,
    stream_events,
    tag_usage,
    text,
)
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.visibility import may_see

_BY_ID = sa.select(statuses).where(statuses.c.id == sa.bindparam("id"))
_BY_URI = sa.select(statuses).where(statuses.c.uri == sa.bindparam("uri"))
_BURIED = sa.select(tombstones.c.uri).where(tombstones.c.uri == sa.bindparam("uri"))
_NOT_NEW = sa.union_all(
    sa.select(statuses.c.id).where(statuses.c.uri == sa.bindparam("uri")),
    sa.select(sa.literal_column("0")).where(tombstones.c.uri == sa.bindparam("uri")),
)
_INSERT = sa.insert(statuses)
_COUNT_STATUS = (
    sa.update(accounts_table)
    .where(accounts_table.c.id == sa.bindparam("author_id"))
    .values(
        statuses_count=accounts_table.c.statuses_count + sa.bindparam("step"),
        last_status_at=sa.func.coalesce(sa.bindparam("at", type_=sa.BigInteger), accounts_table.c.last_status_at),
    )
)
_COUNT_REPLY = (
    sa.update(statuses)
    .where(statuses.c.id == sa.bindparam("parent_id"))
    .values(replies_count=statuses.c.replies_count + sa.bindparam("step"))
)

_SUBSCRIBERS = sa.select(follows.c.follower_id).where(
    follows.c.followee_id == sa.bindparam("author_id"), follows.c.state == FollowState.ACCEPTED.value, follows.c.notify
)


def by_id(tx: Tx, status_id: int) -> sa.Row[Any] | None:
    return tx.one(_BY_ID, {"id": status_id})


def by_uri(tx: Tx, uri: str) -> sa.Row[Any] | None:
    """A remote status by its ActivityPub id."""
    return tx.one(_BY_URI, {"uri": uri})


def seen_by(tx: Tx, viewer_id: int | None, status_id: int) -> sa.Row[Any]:
    """The status, if the viewer may see it. Raises HearthError not-found, whether hidden or not there."""
    status = by_id(tx, status_id)
    if status is None or not may_see(tx, viewer_id, status):
        raise missing()
    return status


def author(tx: Tx, author_id: int) -> sa.Row[Any]:
    """Whoever may write. Raises HearthError not-found for accounts that are suspended or gone."""
    row = accounts.by_id(tx, author_id)
    if row is None or row.suspended_at or row.deleted_at:
        raise missing()
    return row


def check_text(tx: Tx, parsed: text.Text, spoiler_text: str, *, may_be_empty: bool = False) -> None:
    """Raises BadInput when a status with this text can't be posted."""
    if not may_be_empty and not any(token.value.strip() for token in parsed.tokens):
        raise BadInput("Validation failed: Text can't be blank", "")
    most = instance_settings.max_characters(tx)
    if parsed.length + text.count(spoiler_text) > most:
        raise BadInput(f"Validation failed: Text character limit of {most} exceeded", "")


def buried(tx: Tx, uri: str) -> bool:
    """Whether what has this URI was deleted before."""
    return tx.exists(_BURIED, {"uri": uri})


def not_new(tx: Tx, uri: str) -> int | None:
    """The id of the status with this URI, 0 where there was one, and None for what was never here."""
    found = tx.all(_NOT_NEW, {"uri": uri})
    return int(found[0].id) if found else None


def bury(tx: Tx, uri: str) -> None:
    """Never take in what has this URI."""
    if not buried(tx, uri):
        tx.execute(sa.insert(tombstones).values(uri=uri, deleted_at=tx.now_ms))


def count(tx: Tx, author_id: int, step: int, at: int | None = None) -> None:
    """`at` is when the author wrote last."""
    tx.execute(_COUNT_STATUS, {"author_id": author_id, "step": step, "at": at})


def insert(
    tx: Tx,
    writer: sa.Row[Any],
    values: dict[str, Any],
    parent: sa.Row[Any] | None,
    mentioned: Sequence[int],
    tags: Sequence[str],
) -> None:
    """`values` are columns; the mentions, tags, counts, home timelines and notifications follow from them."""
    status_id = values["id"]
    columns = {
        "attachments": [],
        "account_id": writer.id,
        "conversation_id": parent.conversation_id if parent is not None else status_id,
        "in_reply_to_id": parent.id if parent is not None else None,
        "in_reply_to_account_id": parent.account_id if parent is not None else None,
    } | values
    tx.execute(_INSERT, columns)
    mentions.store_mentions(tx, status_id, mentioned)
    tag_ids = mentions.store_tags(tx, status_id, tags)
    if parent is not None:
        tx.execute(_COUNT_REPLY, {"parent_id": parent.id, "step": 1})
    visibility = Visibility(values["visibility"])
    if tag_ids:
        tag_usage.note(tx, writer, tag_ids, visibility, values["created_at"])
    search_index.learn(tx, writer, columns, mentioned)
    count(tx, writer.id, int(visibility is not Visibility.DIRECT), values["created_at"])
    if visibility is Visibility.DIRECT:
        conversations.add(tx, status_id, writer.id, columns["conversation_id"], mentioned)
    fanout.post(
        tx,
        status_id,
        writer,
        visibility,
        parent.account_id if parent is not None else None,
        language=values.get("language"),
        tagged=bool(tag_ids),
    )
    for account_id in mentioned:
        notifications.notify(tx, account_id, NotificationKind.MENTION, writer.id, status_id)
    if parent is None and visibility is not Visibility.DIRECT:
        for row in tx.all(_SUBSCRIBERS, {"author_id": writer.id}):
            notifications.notify(tx, row.follower_id, NotificationKind.STATUS, writer.id, status_id)


def remove(tx: Tx, status: sa.Row[Any], tomb: str) -> None:
    """Everything of it goes; `tomb` stays, so that it can't come back."""
    bury(tx, tomb)
    quotes.removed(tx, status)
    stream_events.status_deleted(tx, status.id)
    if status.visibility == Visibility.DIRECT.value:
        conversations.forget(tx, status.id)
    if status.local:
        media.detach(tx, status.id)
    if status.in_reply_to_id is not None:
        tx.execute(_COUNT_REPLY, {"parent_id": status.in_reply_to_id, "step": -1})
    for row in tx.all(sa.select(statuses.c.account_id).where(statuses.c.boost_of_id == status.id)):
        count(tx, row.account_id, -1)
    count(tx, status.account_id, -int(status.visibility != Visibility.DIRECT.value))
    tx.execute(sa.delete(statuses).where(statuses.c.id == status.id))
    if status.local:
        featured_tags.recount(tx, status.account_id)
