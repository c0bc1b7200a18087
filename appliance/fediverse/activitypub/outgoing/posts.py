# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told of posts: written, edited, deleted, boosted, favourited."""

import sqlalchemy as sa

from appliance.fediverse.activitypub import audience, documents
from appliance.fediverse.activitypub.documents import NoteParts, Row
from appliance.fediverse.activitypub.outgoing.collections import collection_tags
from appliance.fediverse.activitypub.outgoing.relays import announce_to_relays, inboxes_of_relays
from appliance.fediverse.activitypub.outgoing.send import account, from_us, send
from appliance.fediverse.activitypub.quote_documents import Quoted
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, favourites, mentions, polls, status_tags, statuses, tags
from appliance.fediverse.model import QuoteState, Visibility
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
_POLL = sa.select(polls).where(polls.c.status_id == _id)


def status_created(tx: Tx, urls: Urls, status_id: int) -> None:
    status = _local_status(tx, urls, status_id)
    if status is None:
        return
    relays, announcing = inboxes_of_relays(tx, status)
    # Who hears of it comes first: where nobody elsewhere does, nothing need be drawn.
    inboxes = audience.of_status(tx, status) | relays
    if inboxes or announcing:
        body = documents.create(urls, note_parts(tx, urls, status))
        send(tx, status.account_id, body, inboxes, synchronises=status.visibility == Visibility.FOLLOWERS.value)
        announce_to_relays(tx, urls, body["object"], announcing)


def status_edited(tx: Tx, urls: Urls, status_id: int) -> None:
    if parts := local_note(tx, urls, status_id):
        note = documents.note(urls, parts)
        uri = f"{note['id']}#updates/{parts.status.edited_at or tx.now_ms}"
        body = documents.activity("Update", uri, note["attributedTo"], note, to=note["to"], cc=note["cc"])
        send(tx, parts.author.id, body, audience.of_readers(tx, parts.status) | inboxes_of_relays(tx, parts.status)[0])


def status_deleted(tx: Tx, urls: Urls, status_id: int) -> None:
    """Call it before the rows go: they say who may have a copy."""
    if parts := local_note(tx, urls, status_id):
        uri = urls.status(parts.author.username, status_id)
        body = documents.activity(
            "Delete",
            f"{uri}#delete",
            urls.actor(parts.author.username),
            documents.tombstone(uri),
            to=[documents.PUBLIC],
        )
        send(tx, parts.author.id, body, audience.of_holders(tx, parts.status) | inboxes_of_relays(tx, parts.status)[0])


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


def note_parts(tx: Tx, urls: Urls, status: Row) -> NoteParts:
    """Everything that a local status is drawn from, its row given."""
    parent = status.in_reply_to_id and tx.one(_STATUS, {"id": status.in_reply_to_id})
    return NoteParts(
        status=status,
        author=account(tx, status.account_id),
        mentioned=tuple(tx.all(_MENTIONED, {"id": status.id})),
        tags=tuple(row.name for row in tx.all(_TAGS, {"id": status.id})),
        parent_uri=documents.status_uri(urls, parent, account(tx, parent.account_id)) if parent else None,
        poll=status.poll_id and tx.one(_POLL, {"id": status.id}),
        quoted=_quoted(tx, urls, status) if status.quote_state is not None else None,
        collections=collection_tags(tx, urls, status.collection_ids) if status.collection_ids else (),
    )


def status_row(tx: Tx, status_id: int) -> Row | None:
    return tx.one(_STATUS, {"id": status_id})


def local_note(tx: Tx, urls: Urls, status_id: int) -> NoteParts | None:
    status = _local_status(tx, urls, status_id)
    return None if status is None else note_parts(tx, urls, status)


def _local_status(tx: Tx, urls: Urls, status_id: int) -> Row | None:
    """A status that was written here and is no boost, if there is anywhere to tell of it."""
    status = tx.one(_STATUS, {"id": status_id}) if urls.federating else None
    return status if status is not None and status.local and status.boost_of_id is None else None


def _quoted(tx: Tx, urls: Urls, status: Row) -> Quoted | None:
    row = status_row(tx, status.quoted_id) if status.quoted_id is not None else None
    if row is None:
        return Quoted(status.quote_uri, None) if status.quote_uri else None
    author = account(tx, row.account_id)
    uri = documents.status_uri(urls, row, author)
    if not row.local:
        return Quoted(uri, status.quote_approval)
    asked = status.quote_state == QuoteState.ACCEPTED.value and row.account_id != status.account_id
    stamp = urls.quote_stamp(author.username, status.id) if asked else None
    return Quoted(uri, stamp)


def _announce(tx: Tx, urls: Urls, boost_id: int, *, undo: bool) -> None:
    found = from_us(tx, urls, statuses, boost_id, "account_id", "account_id")
    if found is None or found[0].boost_of_id is None:
        return
    boost, booster, _ = found
    original = tx.connection.execute(sa.select(statuses).where(statuses.c.id == boost.boost_of_id)).one()
    author = account(tx, original.account_id)
    body = documents.announce(urls, boost, booster, original, author)
    to = audience.of_followers(tx, booster.id) | audience.of_account(author)
    send(tx, booster.id, documents.undo(body) if undo else body, to)


def _like(tx: Tx, urls: Urls, favourite_id: int, *, undo: bool) -> None:
    found = from_us(tx, urls, favourites, favourite_id, "account_id", "account_id")
    if found is None:
        return
    row, liker, _ = found
    status = tx.connection.execute(sa.select(statuses).where(statuses.c.id == row.status_id)).one()
    author = account(tx, status.account_id)
    actor_uri = urls.actor(liker.username)
    thing = documents.status_uri(urls, status, author)
    body = documents.activity("Like", f"{actor_uri}#likes/{row.id}", actor_uri, thing)
    send(tx, liker.id, documents.undo(body) if undo else body, audience.of_account(author))
