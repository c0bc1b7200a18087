# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statuses: written here, or taken in from other servers. https://docs.joinmastodon.org/methods/statuses/"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import statuses
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import (
    accounts,
    cards,
    collection_links,
    edits,
    emojis,
    idempotency,
    media,
    mentions,
    polls,
    quote_policy,
    quotes,
    quoting,
    rejected_media,
    text,
)
from appliance.fediverse.services.edits import Edit, edit
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.polls import NewPoll
from appliance.fediverse.services.quote_policy import QuotePolicy
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.services.status_rows import (
    author,
    bury,
    by_id,
    by_uri,
    check_text,
    insert,
    not_new,
    remove,
    seen_by,
)
from appliance.fediverse.urls import Urls

__all__ = [
    "Draft",
    "Edit",
    "by_id",
    "by_uri",
    "check",
    "create",
    "delete",
    "delete_remote",
    "edit",
    "receive",
    "receive_edit",
    "seen_by",
]


@dataclass(frozen=True)
class Draft:
    """A status as its author typed it. `mentions` are account ids by handle ("name@host" in lower case), found out
    before the transaction began; accounts known here need not be in it. `idempotency_key` makes a repetition within
    the hour answer the first one."""

    text: str
    visibility: Visibility = Visibility.PUBLIC
    spoiler_text: str = ""
    sensitive: bool = False
    language: str | None = None
    in_reply_to_id: int | None = None
    mentions: Mapping[str, int] = field(default_factory=dict)
    idempotency_key: str | None = None
    app_id: int | None = None
    poll: NewPoll | None = None
    media_ids: tuple[int, ...] = ()
    quoted_id: int | None = None
    quote_policy: str = QuotePolicy.NOBODY.value


# The text read, the author, what is replied to, and rows of media.
Checked = tuple[text.Text, sa.Row[Any], sa.Row[Any] | None, list[sa.Row[Any]]]


def create(tx: Tx, urls: Urls, author_id: int, draft: Draft) -> int:
    """Post. Raises BadInput when it is empty or too long, HearthError not-found for what it replies to."""
    if draft.idempotency_key and (earlier := idempotency.earlier(tx, author_id, draft.idempotency_key, statuses)):
        return earlier
    parsed, writer, parent, attached = check(tx, author_id, draft)
    found = mentions.find(tx, urls, parsed, draft.mentions)
    mentioned = [row.id for row in found.values()]
    quoted, visibility = None, draft.visibility
    if draft.quoted_id is not None:
        quoted = quoting.check(tx, author_id, draft.quoted_id, visibility, mentioned)
        visibility = quoting.narrowed(quoted, visibility)
    content = parsed.html({handle: accounts.mentioned(row) for handle, row in found.items()})
    status_id = tx.next_id()
    poll_id = tx.next_id() if draft.poll is not None else None
    values = {
        "id": status_id,
        "text": draft.text,
        "collection_ids": collection_links.of(tx, urls, content),
        "content": content if quoted is None else quoting.shown_in(tx, quoted, content),
        "spoiler_text": draft.spoiler_text,
        "sensitive": draft.sensitive or bool(draft.spoiler_text),
        "visibility": visibility.value,
        "language": draft.language,
        "app_id": draft.app_id,
        "poll_id": poll_id,
        "attachments": [media.shown_as(row).stored() for row in attached],
        "emojis": emojis.of_local(tx, draft.text, draft.spoiler_text, *(draft.poll.options if draft.poll else ())),
        "local": True,
        "created_at": tx.now_ms,
        "quote_policy": quote_policy.chosen(QuotePolicy(draft.quote_policy), visibility),
        **(quoting.columns(tx, author_id, quoted) if quoted is not None else {}),
    }
    insert(tx, writer, values, parent, mentioned, parsed.tags)
    if draft.poll is not None and poll_id is not None:
        polls.ask(tx, status_id, poll_id, draft.poll)
    if attached:
        media.attach(tx, attached, status_id)
    if urls.federating and not attached:
        cards.want(tx, status_id, str(values["content"]), local=True)
    if draft.idempotency_key:
        idempotency.remember(tx, author_id, draft.idempotency_key, status_id)
    outgoing.status_created(tx, urls, status_id)
    if quoted is not None:
        quoting.added(tx, urls, status_id, author_id, quoted, values)
    return status_id


def check(tx: Tx, author_id: int, draft: Draft) -> Checked:
    """Raises as `create`."""
    parsed = text.parse(draft.text)
    attached = media.check(tx, author_id, draft.media_ids, alone=draft.poll is None)
    check_text(tx, parsed, draft.spoiler_text, may_be_empty=bool(attached) or draft.quoted_id is not None)
    if draft.poll is not None:
        polls.check(draft.poll)
    writer = author(tx, author_id)
    parent = seen_by(tx, author_id, draft.in_reply_to_id) if draft.in_reply_to_id is not None else None
    if parent is not None and parent.boost_of_id is not None:
        parent = seen_by(tx, author_id, parent.boost_of_id)
    return parsed, writer, parent, attached


def receive(tx: Tx, urls: Urls, author_id: int, status: RemoteStatus) -> int | None:
    """Take in what another server told of; one that is known already keeps its id. None if it was deleted before."""
    known_id = not_new(tx, status.uri)
    if known_id is not None:
        return known_id or None
    writer = author(tx, author_id)
    parent = by_id(tx, status.in_reply_to_id) if status.in_reply_to_id is not None else None
    status_id = tx.next_id()
    values = {
        "id": status_id,
        "uri": status.uri,
        "url": status.url,
        "content": status.content,
        "spoiler_text": status.spoiler_text,
        "sensitive": status.sensitive,
        "visibility": status.visibility.value,
        "language": status.language,
        "attachments": [each.stored() for each in rejected_media.wanted(tx, author_id, status.attachments)],
        "local": False,
        "created_at": status.created_at,
        "edited_at": status.edited_at,
        "emojis": emojis.of_remote(tx, writer.domain, status.emojis, *status.texts),
        "quote_policy": status.quote_policy,
        "collection_ids": collection_links.of(tx, urls, status.content, status.collections),
        **quotes.columns(status.quote),
    }
    insert(tx, writer, values, parent, status.mentions, [text.tag_key(name) for name in status.tags])
    quotes.added(tx, values)
    if status.poll is not None:
        polls.store_remote(tx, status_id, status.poll)
    if urls.federating and not status.attachments:
        cards.want(tx, status_id, status.content, local=False)
    return status_id


def receive_edit(tx: Tx, urls: Urls, author_id: int, status: RemoteStatus) -> int | None:
    """What another server changed. One not known yet is taken in; a change older than the last is left out."""
    known = by_uri(tx, status.uri)
    return receive(tx, urls, author_id, status) if known is None else edits.receive(tx, urls, known, author_id, status)


def delete(tx: Tx, urls: Urls, actor_id: int, status_id: int, *, with_media: bool = False) -> None:
    """Delete one's own status for good. Without `with_media` its media may be posted anew within a day.

    Raises HearthError not-found, also for other people's.
    """
    status = by_id(tx, status_id)
    if status is None or status.account_id != actor_id or status.boost_of_id is not None:
        raise missing()
    outgoing.status_deleted(tx, urls, status_id)
    if with_media:
        media.discard(tx, status_id)
    remove(tx, status, f"local:{status_id}" if status.local else status.uri)


def delete_remote(tx: Tx, urls: Urls, actor_id: int, uri: str) -> None:
    """What another server deleted. It is remembered even if unknown: the post may arrive after its deletion."""
    status = by_uri(tx, uri)
    if status is None:
        quotes.receive_revocation(tx, actor_id, uri)
        bury(tx, uri)
    elif status.account_id == actor_id:
        remove(tx, status, uri)
