# SPDX-License-Identifier: AGPL-3.0-or-later
"""All that belongs to a page of statuses, looked up for the whole page at once.

What only some statuses have (polls, quotes, cards, an app) is asked for where the rows say that it is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import (
    accounts,
    apps,
    bookmarks,
    conversation_mutes,
    favourites,
    mentions,
    pins,
    status_tags,
    statuses,
    tags,
)
from appliance.fediverse.mastodon_api.entities import cards, collections, filters, polls, quotes
from appliance.fediverse.mastodon_api.entities.accounts import drawn as accounts_drawn
from appliance.fediverse.mastodon_api.entities.accounts import load as load_accounts
from appliance.fediverse.mastodon_api.entities.common import Entity, Row
from appliance.fediverse.mastodon_api.entities.quotes import Quoted
from appliance.fediverse.services import interaction_policy, quote_policy
from appliance.fediverse.services.filters import matches
from appliance.fediverse.services.interaction_policy import Ties
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
    sa.select(sa.literal("pinned"), pins.c.status_id).where(pins.c.account_id == _viewer, pins.c.status_id.in_(_ids)),
    sa.select(sa.literal("muted"), conversation_mutes.c.conversation_id).where(
        conversation_mutes.c.account_id == _viewer,
        conversation_mutes.c.conversation_id.in_(sa.bindparam("thread_ids", expanding=True)),
    ),
)
_APPS = sa.select(apps.c.id, apps.c.name, apps.c.website).where(apps.c.id.in_(_ids))


@dataclass
class Parts:
    """By id of the status, or of the thing itself. `flags` hold what the viewer did: (what, status or thread)."""

    accounts: dict[int, Entity]
    usernames: dict[int, str]
    sensitized: frozenset[int]  # authors of whom all counts as sensitive
    originals: dict[int, Row]
    quoted: Quoted
    mentions: dict[int, list[Entity]] = field(default_factory=dict)
    tags: dict[int, list[Entity]] = field(default_factory=dict)
    apps: dict[int, Entity] = field(default_factory=dict)
    polls: dict[int, Entity] = field(default_factory=dict)
    cards: dict[int, Entity] = field(default_factory=dict)
    collections: dict[int, Entity] = field(default_factory=dict)
    filtered: dict[int, list[Entity]] = field(default_factory=dict)
    flags: set[tuple[str, int]] = field(default_factory=set)
    ties: Ties = field(default_factory=Ties)


def by_ids(tx: Tx, ids: Sequence[int]) -> dict[int, Row]:
    return {row.id: row for row in tx.all(_BY_IDS, {"ids": list(ids)})} if ids else {}


def load(tx: Tx, urls: Urls, viewer_id: int | None, page: Sequence[Row]) -> Parts:
    """Of the page, of what is boosted on it, and of what is quoted there as far as the viewer may see it."""
    originals = by_ids(tx, [row.boost_of_id for row in page if row.boost_of_id is not None])
    shown = [*page, *originals.values()]
    quoted = quotes.load(tx, viewer_id, shown)
    rows = list({row.id: row for row in (*shown, *quoted.rows.values())}.values())
    people = load_accounts(tx, {row.account_id for row in rows})
    parts = Parts(
        accounts=accounts_drawn(tx, urls, viewer_id, people),
        usernames={each.id: each.username for each in people.values()},
        sensitized=frozenset(each.id for each in people.values() if each.sensitized_at is not None),
        originals=originals,
        quoted=quoted,
    )
    ids = [row.id for row in rows]
    for row in tx.all(_MENTIONS, {"ids": ids}):
        parts.mentions.setdefault(row.status_id, []).append(_mention(urls, row))
    for row in tx.all(_TAGS, {"ids": ids}):
        parts.tags.setdefault(row.status_id, []).append({"name": row.name, "url": urls.tag(row.name)})
    if viewer_id is not None:
        thread_ids = list({row.conversation_id for row in rows})
        parameters = {"ids": ids, "thread_ids": thread_ids, "viewer_id": viewer_id}
        parts.flags = {(row[0], row[1]) for row in tx.all(_FLAGS, parameters)}
        if authors := quote_policy.needs_ties(rows):
            parts.ties = interaction_policy.ties(tx, viewer_id, authors)
        parts.filtered = {each: filters.results(met) for each, met in matches(tx, viewer_id, rows).items()}
    parts.polls = polls.load(tx, viewer_id, [row.poll_id for row in rows if row.poll_id is not None])
    parts.cards = cards.load(tx, urls, viewer_id, {row.card_id for row in rows if row.card_id is not None})
    if linked := {each for row in rows for each in row.collection_ids or ()}:
        parts.collections = collections.by_ids(tx, urls, viewer_id, linked)
    if app_ids := {row.app_id for row in rows if row.app_id is not None}:
        found = tx.all(_APPS, {"ids": list(app_ids)})
        parts.apps = {row.id: {"name": row.name, "website": row.website} for row in found}
    return parts


def _mention(urls: Urls, row: Row) -> Entity:
    local = not row.domain
    return {
        "id": str(row.id),
        "username": row.username,
        "url": urls.profile_page(row.username) if local else row.url or row.uri,
        "acct": row.username if local else f"{row.username}@{row.domain}",
    }
