# SPDX-License-Identifier: AGPL-3.0-or-later
"""What leaves the box: one function per thing that happened, called by the services inside their transaction.

Each finds its own recipients and writes the activity and one delivery per inbox (a transactional outbox), so that
what happened and what is told of it are committed together. Nothing is written when the actor is not ours, when
nobody elsewhere needs to know, or while the instance has no name to federate under.
"""

import json
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from appliance.fediverse.activitypub import audience, documents
from appliance.fediverse.activitypub.audience import Inboxes
from appliance.fediverse.activitypub.documents import Document, NoteParts, Row
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import (
    accounts,
    activities,
    blocks,
    deliveries,
    favourites,
    follows,
    mentions,
    status_tags,
    statuses,
    tags,
)
from appliance.fediverse.urls import Urls

# Built once: these run with every post.
_id: "sa.BindParameter[int]" = sa.bindparam("id", type_=sa.BigInteger)
_STATUS = sa.select(statuses).where(statuses.c.id == _id)
_MENTIONED = (
    sa.select(accounts)
    .join(mentions, mentions.c.account_id == accounts.c.id)
    .where(mentions.c.status_id == _id)
    .order_by(accounts.c.id)
)
_TAGS = (
    sa.select(tags.c.name)
    .join(status_tags, status_tags.c.tag_id == tags.c.id)
    .where(status_tags.c.status_id == _id)
    .order_by(tags.c.id)
)


def status_created(tx: Tx, urls: Urls, status_id: int) -> None:
    status = _local_status(tx, urls, status_id)
    # Who hears of it comes first: where nobody elsewhere does, nothing need be drawn.
    if status is not None and (inboxes := audience.of_status(tx, status)):
        _send(tx, status.account_id, documents.create(urls, note_parts(tx, urls, status)), inboxes)


def status_edited(tx: Tx, urls: Urls, status_id: int) -> None:
    if parts := _local_note(tx, urls, status_id):
        note = documents.note(urls, parts)
        uri = f"{note['id']}#updates/{parts.status.edited_at or tx.now_ms}"
        body = documents.activity("Update", uri, note["attributedTo"], note, to=note["to"], cc=note["cc"])
        _send(tx, parts.author.id, body, audience.of_holders(tx, parts.status))


def status_deleted(tx: Tx, urls: Urls, status_id: int) -> None:
    """Call it before the rows go: they say who may have a copy."""
    if parts := _local_note(tx, urls, status_id):
        uri = urls.status(parts.author.username, status_id)
        body = documents.activity(
            "Delete",
            f"{uri}#delete",
            urls.actor(parts.author.username),
            documents.tombstone(uri),
            to=[documents.PUBLIC],
        )
        _send(tx, parts.author.id, body, audience.of_holders(tx, parts.status))


def boosted(tx: Tx, urls: Urls, boost_id: int) -> None:
    _announce(tx, urls, boost_id, undo=False)


def unboosted(tx: Tx, urls: Urls, boost_id: int) -> None:
    """Call it before the row goes."""
    _announce(tx, urls, boost_id, undo=True)


def favourited(tx: Tx, urls: Urls, favourite_id: int) -> None:
    _like(tx, urls, favourite_id, undo=False)


def unfavourited(tx: Tx, urls: Urls, favourite_id: int) -> None:
    """Call it before the row goes."""
    _like(tx, urls, favourite_id, undo=True)


def follow_requested(tx: Tx, urls: Urls, follow_id: int) -> None:
    if found := _from_us(tx, urls, follows, follow_id, "follower_id", "followee_id"):
        row, follower, followee = found
        _send(tx, follower.id, documents.follow(urls, row, follower, followee), audience.of_account(followee))


def unfollowed(tx: Tx, urls: Urls, follow_id: int) -> None:
    """Call it before the row goes."""
    if found := _from_us(tx, urls, follows, follow_id, "follower_id", "followee_id"):
        row, follower, followee = found
        body = documents.undo(documents.follow(urls, row, follower, followee))
        _send(tx, follower.id, body, audience.of_account(followee))


def follow_accepted(tx: Tx, urls: Urls, follow_id: int) -> None:
    _answer_follow(tx, urls, follow_id, "Accept")


def follow_rejected(tx: Tx, urls: Urls, follow_id: int) -> None:
    """Call it before the row goes. Also for a follower who was accepted before."""
    _answer_follow(tx, urls, follow_id, "Reject")


def blocked(tx: Tx, urls: Urls, block_id: int) -> None:
    _block(tx, urls, block_id, undo=False)


def unblocked(tx: Tx, urls: Urls, block_id: int) -> None:
    """Call it before the row goes."""
    _block(tx, urls, block_id, undo=True)


def profile_updated(tx: Tx, urls: Urls, account_id: int) -> None:
    account = _account(tx, account_id)
    if not urls.federating or account.domain:
        return
    person = documents.actor(urls, account)
    uri = f"{person['id']}#updates/{tx.now_ms}"
    body = documents.activity("Update", uri, person["id"], person, to=[documents.PUBLIC])
    _send(tx, account_id, body, audience.of_followers(tx, account_id))


def note_parts(tx: Tx, urls: Urls, status: Row) -> NoteParts:
    """Everything that a local status is drawn from, its row given."""
    parent = status.in_reply_to_id and tx.one(_STATUS, {"id": status.in_reply_to_id})
    return NoteParts(
        status=status,
        author=_account(tx, status.account_id),
        mentioned=tuple(tx.all(_MENTIONED, {"id": status.id})),
        tags=tuple(row.name for row in tx.all(_TAGS, {"id": status.id})),
        parent_uri=documents.status_uri(urls, parent, _account(tx, parent.account_id)) if parent else None,
    )


def _local_note(tx: Tx, urls: Urls, status_id: int) -> NoteParts | None:
    status = _local_status(tx, urls, status_id)
    return None if status is None else note_parts(tx, urls, status)


def _local_status(tx: Tx, urls: Urls, status_id: int) -> Row | None:
    """A status that was written here and is no boost, if there is anywhere to tell of it."""
    status = tx.one(_STATUS, {"id": status_id}) if urls.federating else None
    return status if status is not None and status.local and status.boost_of_id is None else None


def _announce(tx: Tx, urls: Urls, boost_id: int, *, undo: bool) -> None:
    found = _from_us(tx, urls, statuses, boost_id, "account_id", "account_id")
    if found is None or found[0].boost_of_id is None:
        return
    boost, booster, _ = found
    original = tx.connection.execute(sa.select(statuses).where(statuses.c.id == boost.boost_of_id)).one()
    author = _account(tx, original.account_id)
    body = documents.announce(urls, boost, booster, original, author)
    to = audience.of_followers(tx, booster.id) | audience.of_account(author)
    _send(tx, booster.id, documents.undo(body) if undo else body, to)


def _like(tx: Tx, urls: Urls, favourite_id: int, *, undo: bool) -> None:
    found = _from_us(tx, urls, favourites, favourite_id, "account_id", "account_id")
    if found is None:
        return
    row, account, _ = found
    status = tx.connection.execute(sa.select(statuses).where(statuses.c.id == row.status_id)).one()
    author = _account(tx, status.account_id)
    actor_uri = urls.actor(account.username)
    thing = documents.status_uri(urls, status, author)
    body = documents.activity("Like", f"{actor_uri}#likes/{row.id}", actor_uri, thing)
    _send(tx, account.id, documents.undo(body) if undo else body, audience.of_account(author))


def _answer_follow(tx: Tx, urls: Urls, follow_id: int, kind: str) -> None:
    if found := _from_us(tx, urls, follows, follow_id, "followee_id", "follower_id"):
        row, followee, follower = found
        actor_uri = urls.actor(followee.username)
        follow = documents.follow(urls, row, follower, followee)
        uri = f"{actor_uri}#{kind.lower()}s/follows/{row.id}"
        _send(tx, followee.id, documents.activity(kind, uri, actor_uri, follow), audience.of_account(follower))


def _block(tx: Tx, urls: Urls, block_id: int, *, undo: bool) -> None:
    if found := _from_us(tx, urls, blocks, block_id, "account_id", "target_id"):
        row, account, target = found
        actor_uri = urls.actor(account.username)
        uri = f"{actor_uri}#blocks/{row.id}"
        body = documents.activity("Block", uri, actor_uri, documents.account_uri(urls, target))
        _send(tx, account.id, documents.undo(body) if undo else body, audience.of_account(target))


def _from_us(
    tx: Tx, urls: Urls, table: sa.Table, row_id: int, actor_column: str, other_column: str
) -> tuple[Row, Row, Row] | None:
    """A row with its actor and the other account; None when the actor is not ours or nothing may leave."""
    row = tx.one(sa.select(table).where(table.c.id == row_id)) if urls.federating else None
    if row is None:
        return None
    actor = _account(tx, getattr(row, actor_column))
    other = actor if actor_column == other_column else _account(tx, getattr(row, other_column))
    return None if actor.domain else (row, actor, other)


def _account(tx: Tx, account_id: int) -> Row:
    return tx.connection.execute(sa.select(accounts).where(accounts.c.id == account_id)).one()


def _send(tx: Tx, author_id: int, body: Document, inboxes: Inboxes) -> None:
    if not inboxes:
        return
    activity_id = tx.next_id()
    text = json.dumps(documents.in_context(body), ensure_ascii=False)
    tx.execute(sa.insert(activities).values(id=activity_id, account_id=author_id, body=text, created_at=tx.now_ms))
    rows: list[dict[str, Any]] = [
        {
            "id": tx.next_id(),
            "activity_id": activity_id,
            "account_id": author_id,
            "inbox": inbox,
            "host": urlsplit(inbox).netloc,
            "due_at": tx.now_ms,
        }
        for inbox in sorted(inboxes)
    ]
    tx.execute(sa.insert(deliveries), rows)
    if tx.nudge not in tx.after_commit:
        tx.after_commit.append(tx.nudge)
