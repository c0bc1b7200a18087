# SPDX-License-Identifier: AGPL-3.0-or-later
"""Status entities: https://docs.joinmastodon.org/entities/Status/"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, apps, bookmarks, favourites, mentions, status_tags, statuses, tags
from appliance.fediverse.mastodon_api.entities import polls
from appliance.fediverse.mastodon_api.entities.accounts import account
from appliance.fediverse.mastodon_api.entities.accounts import load as load_accounts
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment, moment_or_none, text_id
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.text import absolute
from appliance.fediverse.urls import Urls

_ids: "sa.BindParameter[int]" = sa.bindparam("ids", expanding=True)
_viewer: "sa.BindParameter[int]" = sa.bindparam("viewer_id")
_BY_IDS = sa.select(statuses).where(statuses.c.id.in_(_ids))
_MENTIONS = (
    sa.select(
        mentions.c.status_id, accounts.c.id, accounts.c.username, accounts.c.domain, accounts.c.url, accounts.c.uri
    )
    .join(accounts, accounts.c.id == mentions.c.account_id)
    .where(mentions.c.status_id.in_(_ids))
    .order_by(accounts.c.id)
)
_TAGS = (
    sa.select(status_tags.c.status_id, tags.c.name)
    .join(tags, tags.c.id == status_tags.c.tag_id)
    .where(status_tags.c.status_id.in_(_ids))
    .order_by(tags.c.id)
)
_FLAGS = sa.union_all(
    sa.select(sa.literal("favourited"), favourites.c.status_id).where(
        favourites.c.account_id == _viewer, favourites.c.status_id.in_(_ids)
    ),
    sa.select(sa.literal("bookmarked"), bookmarks.c.status_id).where(
        bookmarks.c.account_id == _viewer, bookmarks.c.status_id.in_(_ids)
    ),
    sa.select(sa.literal("reblogged"), statuses.c.boost_of_id).where(
        statuses.c.account_id == _viewer, statuses.c.boost_of_id.in_(_ids)
    ),
)
_APPS = sa.select(apps.c.id, apps.c.name, apps.c.website).where(apps.c.id.in_(_ids))


@dataclass
class _Parts:
    """All that belongs to a page of statuses."""

    accounts: dict[int, Entity]
    usernames: dict[int, str]
    mentions: dict[int, list[Entity]] = field(default_factory=dict)
    tags: dict[int, list[Entity]] = field(default_factory=dict)
    apps: dict[int, Entity] = field(default_factory=dict)
    polls: dict[int, Entity] = field(default_factory=dict)
    flags: set[tuple[str, int]] = field(default_factory=set)


def by_ids(tx: Tx, urls: Urls, viewer_id: int | None, ids: Sequence[int]) -> list[Entity]:
    """In the order given. The caller has checked that the viewer may see them."""
    rows = {row.id: row for row in tx.all(_BY_IDS, {"ids": list(ids)})}
    return draw(tx, urls, viewer_id, [rows[each] for each in ids if each in rows])


def draw(tx: Tx, urls: Urls, viewer_id: int | None, rows: Sequence[Row]) -> list[Entity]:
    if not rows:
        return []
    boosted = {row.boost_of_id for row in rows if row.boost_of_id is not None}
    originals = {row.id: row for row in tx.all(_BY_IDS, {"ids": list(boosted)})} if boosted else {}
    parts = _load(tx, urls, viewer_id, [*rows, *originals.values()])
    entities = []
    for row in rows:
        entity = _status(urls, viewer_id, row, parts)
        if row.boost_of_id is not None:
            original = _status(urls, viewer_id, originals[row.boost_of_id], parts)
            entity = _boost(urls, row, entity, original, parts)
        entities.append(entity)
    return entities


def one(tx: Tx, urls: Urls, viewer_id: int | None, status_id: int) -> Entity:
    """Raises HearthError not-found if it went meanwhile."""
    found = by_ids(tx, urls, viewer_id, [status_id])
    if not found:
        raise missing()
    return found[0]


def _load(tx: Tx, urls: Urls, viewer_id: int | None, rows: Sequence[Row]) -> _Parts:
    people = load_accounts(tx, {row.account_id for row in rows})
    parts = _Parts(
        accounts={each.id: account(urls, each) for each in people.values()},
        usernames={each.id: each.username for each in people.values()},
    )
    ids = [row.id for row in rows]
    for row in tx.all(_MENTIONS, {"ids": ids}):
        parts.mentions.setdefault(row.status_id, []).append(_mention(urls, row))
    for row in tx.all(_TAGS, {"ids": ids}):
        parts.tags.setdefault(row.status_id, []).append({"name": row.name, "url": urls.tag(row.name)})
    if viewer_id is not None:
        parts.flags = {(row[0], row[1]) for row in tx.all(_FLAGS, {"ids": ids, "viewer_id": viewer_id})}
    parts.polls = polls.load(tx, viewer_id, [row.poll_id for row in rows if row.poll_id is not None])
    app_ids = {row.app_id for row in rows if row.app_id is not None}
    if app_ids:
        parts.apps = {
            row.id: {"name": row.name, "website": row.website} for row in tx.all(_APPS, {"ids": list(app_ids)})
        }
    return parts


def _status(urls: Urls, viewer_id: int | None, row: Row, parts: _Parts) -> Entity:
    status_id, author_id = row.id, row.account_id
    username = parts.usernames[author_id]
    flags = parts.flags
    entity: Entity = {
        "id": str(status_id),
        "created_at": moment(row.created_at),
        "in_reply_to_id": text_id(row.in_reply_to_id),
        "in_reply_to_account_id": text_id(row.in_reply_to_account_id),
        "sensitive": row.sensitive,
        "spoiler_text": row.spoiler_text,
        "visibility": row.visibility,
        "language": row.language,
        "uri": urls.status(username, status_id) if row.local else row.uri,
        "url": urls.status_page(username, status_id) if row.local else row.url or row.uri,
        "replies_count": row.replies_count,
        "reblogs_count": row.boosts_count,
        "favourites_count": row.favourites_count,
        "edited_at": moment_or_none(row.edited_at),
        "content": absolute(row.content, urls.origin) if row.local else row.content,
        "reblog": None,
        "account": parts.accounts[author_id],
        "media_attachments": [_attachment(status_id, number, each) for number, each in enumerate(row.attachments)],
        "mentions": parts.mentions.get(status_id, []),
        "tags": parts.tags.get(status_id, []),
        "emojis": [],
        "card": None,
        "poll": parts.polls.get(row.poll_id),
    }
    if row.local:
        entity["application"] = parts.apps.get(row.app_id)
    if viewer_id is not None:
        entity["favourited"] = ("favourited", status_id) in flags
        entity["reblogged"] = ("reblogged", status_id) in flags
        entity["muted"] = False
        entity["bookmarked"] = ("bookmarked", status_id) in flags
        entity["filtered"] = []
        if author_id == viewer_id:
            entity["pinned"] = False
    return entity


def _boost(urls: Urls, row: Row, entity: Entity, original: Entity, parts: _Parts) -> Entity:
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


def _mention(urls: Urls, row: Row) -> Entity:
    local = not row.domain
    return {
        "id": str(row.id),
        "username": row.username,
        "url": urls.profile_page(row.username) if local else row.url or row.uri,
        "acct": row.username if local else f"{row.username}@{row.domain}",
    }


def _attachment(status_id: int, number: int, attachment: dict[str, str]) -> Entity:
    """https://docs.joinmastodon.org/entities/MediaAttachment/"""
    kind = attachment.get("media_type", "").partition("/")[0]
    return {
        "id": f"{status_id}{number}",
        "type": kind if kind in ("image", "video", "audio") else "unknown",
        "url": attachment["url"],
        "preview_url": attachment["url"],
        "remote_url": attachment["url"],
        "preview_remote_url": None,
        "text_url": None,
        "meta": {},
        "description": attachment.get("description") or None,
        "blurhash": None,
    }
