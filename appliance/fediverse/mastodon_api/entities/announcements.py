# SPDX-License-Identifier: AGPL-3.0-or-later
"""Announcement entities: https://docs.joinmastodon.org/entities/Announcement/"""

from collections.abc import Sequence

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.entities import emojis as emoji_entities
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment, moment_or_none
from appliance.fediverse.services import accounts, announcements, emojis, text
from appliance.fediverse.urls import Urls


def draw(tx: Tx, urls: Urls, viewer_id: int, rows: Sequence[Row]) -> list[Entity]:
    ids = [row.id for row in rows]
    read = announcements.read_by(tx, viewer_id, ids)
    given: dict[int, list[Row]] = {}
    for reaction in announcements.reactions(tx, ids):
        given.setdefault(reaction.announcement_id, []).append(reaction)
    return [
        _announcement(tx, urls, row)
        | {"read": row.id in read, "reactions": _reactions(tx, urls, viewer_id, given.get(row.id, []))}
        for row in rows
    ]


def _announcement(tx: Tx, urls: Urls, row: Row) -> Entity:
    parsed = text.parse(row.text)
    found = {handle: account for handle in parsed.handles if (account := accounts.find(tx, urls, handle)) is not None}
    html = parsed.html({handle: accounts.mentioned(account) for handle, account in found.items()})
    return {
        "id": str(row.id),
        "content": text.absolute(html, urls.origin),
        "starts_at": moment_or_none(row.starts_at),
        "ends_at": moment_or_none(row.ends_at),
        "all_day": row.all_day,
        "published_at": moment(row.published_at),
        "updated_at": moment(row.updated_at),
        "mentions": [_account(urls, account) for account in found.values()],
        "statuses": [],
        "tags": [{"name": name, "url": urls.tag(name)} for name in parsed.tags],
        "emojis": emoji_entities.used(urls, emojis.of_local(tx, row.text)),
    }


def _account(urls: Urls, row: Row) -> Entity:
    return {
        "id": str(row.id),
        "username": row.username,
        "url": row.url or row.uri if row.domain else urls.profile_page(row.username),
        "acct": f"{row.username}@{row.domain}" if row.domain else row.username,
    }


def _reactions(tx: Tx, urls: Urls, viewer_id: int, rows: Sequence[Row]) -> list[Entity]:
    """https://docs.joinmastodon.org/entities/Reaction/"""
    by_name: dict[str, list[int]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row.account_id)
    drawn = []
    for name, people in by_name.items():
        entity: Entity = {"name": name, "count": len(people), "me": viewer_id in people}
        custom = None if announcements.is_emoji(name) else emojis.find(tx, name)
        if custom is not None:
            whole = emoji_entities.whole(urls, custom)
            entity |= {"url": whole["url"], "static_url": whole["static_url"]}
        drawn.append(entity)
    return drawn
