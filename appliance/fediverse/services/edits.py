# SPDX-License-Identifier: AGPL-3.0-or-later
"""Edits of statuses, and what they said before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts as accounts_table
from appliance.fediverse.db.tables import status_edits, statuses
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.services import (
    accounts,
    cards,
    collection_links,
    emojis,
    featured_tags,
    media,
    mentions,
    notifications,
    polls,
    quotes,
    quoting,
    rejected_media,
    search_index,
    stream_events,
    text,
)
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.polls import NewPoll
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.services.status_rows import by_id, check_text
from appliance.fediverse.urls import Urls

MAX_FORMS = 100  # earlier ones of a status: all are shown together, to anybody


@dataclass(frozen=True)
class Edit:
    text: str
    spoiler_text: str = ""
    sensitive: bool = False
    language: str | None = None
    mentions: Mapping[str, int] = field(default_factory=dict)
    poll: NewPoll | None = None
    media_ids: tuple[int, ...] = ()
    media_changes: Mapping[int, media.Change] = field(default_factory=dict)


def edit(tx: Tx, urls: Urls, author_id: int, status_id: int, edit: Edit) -> None:
    """Change one's own status. Raises HearthError not-found, also for other people's, and BadInput."""
    status = by_id(tx, status_id)
    if status is None or status.account_id != author_id or status.boost_of_id is not None:
        raise missing()
    parsed = text.parse(edit.text)
    attached = media.check(tx, author_id, edit.media_ids, status_id, alone=edit.poll is None)
    check_text(tx, parsed, edit.spoiler_text, may_be_empty=bool(attached) or status.quoted_id is not None)
    if edit.poll is not None:
        polls.check(edit.poll)
    found = mentions.find(tx, urls, parsed, edit.mentions)
    html = parsed.html({handle: accounts.mentioned(row) for handle, row in found.items()})
    values = {
        "text": edit.text,
        "content": quoting.edited(tx, status, html),
        "collection_ids": collection_links.of(tx, urls, html),
        "spoiler_text": edit.spoiler_text,
        "sensitive": edit.sensitive or bool(edit.spoiler_text),
        "language": edit.language,
        "attachments": [each.stored() for each in media.edited(tx, attached, edit.media_changes)],
        "emojis": emojis.of_local(tx, edit.text, edit.spoiler_text, *(edit.poll.options if edit.poll else ())),
    }
    asked = polls.of_status(tx, status)
    asks_another = polls.change(tx, status, edit.poll)
    if not asks_another and all(getattr(status, name) == value for name, value in values.items()):
        return
    media.attach(tx, attached, status_id)
    values["edited_at"] = max(tx.now_ms, (status.edited_at or status.created_at) + 1)
    _change(tx, status, values, [row.id for row in found.values()], parsed.tags, asked)
    if urls.federating and values["content"] != status.content:
        cards.change(tx, status_id, str(values["content"]), local=True)
    outgoing.status_edited(tx, urls, status_id)


def receive(tx: Tx, urls: Urls, known: sa.Row[Any], author_id: int, status: RemoteStatus) -> int | None:
    """A remote change of a status known here; None if it is not its author's or older than the last."""
    if known.account_id != author_id:
        return None
    asked = polls.of_status(tx, known)
    quotes.receive(tx, known, status.quote)
    if status.quote_policy != known.quote_policy:
        tx.execute(sa.update(statuses).where(statuses.c.id == known.id).values(quote_policy=status.quote_policy))
    if status.poll is not None:
        polls.store_remote(tx, known.id, status.poll)
    edited_at = status.edited_at or tx.now_ms
    # How a poll stands is told without saying when: that is no edit.
    if edited_at <= (known.edited_at or 0) or (status.poll is not None and status.edited_at is None):
        return None
    author = accounts.by_id(tx, author_id)
    values = {
        "content": status.content,
        "collection_ids": collection_links.of(tx, urls, status.content, status.collections),
        "spoiler_text": status.spoiler_text,
        "sensitive": status.sensitive,
        "language": status.language,
        "emojis": emojis.of_remote(tx, author.domain if author else "", status.emojis, *status.texts),
        "attachments": [each.stored() for each in rejected_media.wanted(tx, author_id, status.attachments)],
        "edited_at": edited_at,
    }
    _change(tx, known, values, status.mentions, tuple(text.tag_key(name) for name in status.tags), asked)
    if status.content != known.content:
        cards.change(tx, known.id, status.content, local=False)
    return int(known.id)


def history(tx: Tx, status: sa.Row[Any]) -> list[sa.Row[Any]]:
    """The earlier forms that are kept, the oldest first; the row itself is the newest."""
    return tx.all(sa.select(status_edits).where(status_edits.c.status_id == status.id).order_by(status_edits.c.id))


def _change(
    tx: Tx,
    status: sa.Row[Any],
    values: dict[str, Any],
    mentioned: Sequence[int],
    tags: Sequence[str],
    asked: sa.Row[Any] | None,
) -> None:
    """`asked` is the poll as it was before."""
    tx.execute(
        sa.insert(status_edits).values(
            id=tx.next_id(),
            status_id=status.id,
            text=status.text,
            content=status.content,
            spoiler_text=status.spoiler_text,
            sensitive=status.sensitive,
            attachments=status.attachments,
            poll_options=None if asked is None else asked.options,
            created_at=status.edited_at or status.created_at,
        )
    )
    _make_room(tx, status.id)
    tx.execute(sa.update(statuses).where(statuses.c.id == status.id).values(**values))
    named = mentions.replace(tx, status.id, mentioned, tags)
    search_index.relearn(tx, status.id)
    if status.local:
        featured_tags.recount(tx, status.account_id)
    stream_events.status_edited(tx, status.id)
    for account_id in named:
        notifications.notify(tx, account_id, NotificationKind.MENTION, status.account_id, status.id)
    boosters = (
        sa.select(statuses.c.account_id)
        .join(accounts_table, accounts_table.c.id == statuses.c.account_id)
        .where(statuses.c.boost_of_id == status.id, accounts_table.c.domain == "")
    )
    for row in tx.all(boosters):
        notifications.notify(tx, row.account_id, NotificationKind.UPDATE, status.account_id, status.id)
    quoting.tell_of_edit(tx, status)


def _make_room(tx: Tx, status_id: int) -> None:
    """What was said first stays, and of all later forms the latest."""
    mine = status_edits.c.status_id == status_id
    ids = [row.id for row in tx.all(sa.select(status_edits.c.id).where(mine).order_by(status_edits.c.id))]
    if len(ids) > MAX_FORMS:
        between = status_edits.c.id > ids[0], status_edits.c.id < ids[1 - MAX_FORMS]
        tx.execute(sa.delete(status_edits).where(mine, *between))
