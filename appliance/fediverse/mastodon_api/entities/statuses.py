# SPDX-License-Identifier: AGPL-3.0-or-later
"""Status entities: https://docs.joinmastodon.org/entities/Status/"""

from collections.abc import Sequence

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities import emojis, media, polls, quotes, status_parts
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment, moment_or_none, text_id
from appliance.fediverse.mastodon_api.entities.status_parts import Parts
from appliance.fediverse.services import interaction_policy, quote_policy
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.text import absolute
from appliance.fediverse.urls import Urls

# Most posts of elsewhere say nothing of who may quote them.
_NO_QUOTES = {"automatic": [], "manual": [], "current_user": "denied"}


def by_ids(tx: Tx, urls: Urls, viewer_id: int | None, ids: Sequence[int]) -> list[Entity]:
    """In the order given. The caller has checked that the viewer may see them."""
    rows = status_parts.by_ids(tx, ids)
    return draw(tx, urls, viewer_id, [rows[each] for each in ids if each in rows])


def draw(tx: Tx, urls: Urls, viewer_id: int | None, rows: Sequence[Row]) -> list[Entity]:
    if not rows:
        return []
    parts = status_parts.load(tx, urls, viewer_id, rows)
    entities = []
    for row in rows:
        entity = _status(urls, viewer_id, row, parts)
        if row.boost_of_id is not None:
            original = _status(urls, viewer_id, parts.originals[row.boost_of_id], parts)
            entity = _boost(urls, row, entity, original, parts)
        entities.append(entity)
    return entities


def one(tx: Tx, urls: Urls, viewer_id: int | None, status_id: int) -> Entity:
    """Raises HearthError not-found if it went meanwhile."""
    found = by_ids(tx, urls, viewer_id, [status_id])
    if not found:
        raise missing()
    return found[0]


def _status(urls: Urls, viewer_id: int | None, row: Row, parts: Parts, *, inside: bool = False) -> Entity:
    """`inside`: as it is shown in what quotes it."""
    status_id, author_id = row.id, row.account_id
    username = parts.usernames[author_id]
    flags = parts.flags
    entity: Entity = {
        "id": str(status_id),
        "created_at": moment(row.created_at),
        "in_reply_to_id": text_id(row.in_reply_to_id),
        "in_reply_to_account_id": text_id(row.in_reply_to_account_id),
        "sensitive": row.sensitive or author_id in parts.sensitized,
        "spoiler_text": row.spoiler_text,
        "visibility": row.visibility,
        "language": row.language,
        "uri": urls.status(username, status_id) if row.local else row.uri,
        "url": urls.status_page(username, status_id) if row.local else row.url or row.uri,
        "replies_count": row.replies_count,
        "reblogs_count": row.boosts_count,
        "favourites_count": row.favourites_count,
        "quotes_count": row.quotes_count,
        "edited_at": moment_or_none(row.edited_at),
        "content": absolute(row.content, urls.origin) if row.local else row.content,
        "reblog": None,
        "account": parts.accounts[author_id],
        "media_attachments": media.of_status(urls, status_id, row.attachments),
        "mentions": parts.mentions.get(status_id, []),
        "tags": parts.tags.get(status_id, []),
        "emojis": emojis.used(urls, row.emojis),
        "card": parts.cards.get(row.card_id),
        "tagged_collections": _tagged_collections(row, parts),
        "quote": None,
        "quote_approval": _quote_approval(viewer_id, row, parts),
        "poll": _poll(urls, row, parts),
    }
    if row.local:
        entity["application"] = parts.apps.get(row.app_id)
    if viewer_id is not None:
        entity["favourited"] = ("favourited", status_id) in flags
        entity["reblogged"] = ("reblogged", status_id) in flags
        entity["muted"] = ("muted", row.conversation_id) in flags
        entity["bookmarked"] = ("bookmarked", status_id) in flags
        entity["filtered"] = parts.filtered.get(status_id, [])
        if author_id == viewer_id:
            entity["pinned"] = ("pinned", status_id) in flags
    if row.quote_state is not None:
        entity["quote"] = quotes.shallow(row, parts.quoted) if inside else _quote(urls, viewer_id, row, parts)
    return entity


def _tagged_collections(row: Row, parts: Parts) -> list[Entity]:
    return [parts.collections[each] for each in row.collection_ids or () if each in parts.collections]


def _poll(urls: Urls, row: Row, parts: Parts) -> Entity | None:
    poll = parts.polls.get(row.poll_id)
    if poll is None or not row.emojis:
        return poll
    return poll | {"emojis": polls.emojis_of(urls, poll, row.emojis)}


def _quote_approval(viewer_id: int | None, row: Row, parts: Parts) -> Entity:
    if row.quote_policy is None and viewer_id != row.account_id:
        return _NO_QUOTES
    return {
        "automatic": interaction_policy.automatic(row.quote_policy),
        "manual": interaction_policy.manual(row.quote_policy),
        "current_user": quote_policy.verdict(row, viewer_id, parts.ties).value,
    }


def _quote(urls: Urls, viewer_id: int | None, row: Row, parts: Parts) -> Entity:
    shown = quotes.is_shown(row, parts.quoted)
    quoted = _status(urls, viewer_id, parts.quoted.rows[row.quoted_id], parts, inside=True) if shown else None
    return {"state": quotes.state(row, parts.quoted), "quoted_status": quoted}


def _boost(urls: Urls, row: Row, entity: Entity, original: Entity, parts: Parts) -> Entity:
    """A boost shows the text and counts of what it boosts."""
    shown = {"application": None} | original
    address = f"{urls.status(parts.usernames[row.account_id], row.id)}/activity" if row.local else row.uri
    return shown | {
        "id": entity["id"],
        "created_at": entity["created_at"],
        "visibility": entity["visibility"],
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "uri": address,
        "url": address,
        "edited_at": None,
        "account": entity["account"],
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "reblog": original,
    }
