# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finding accounts, hashtags, and statuses by what they say."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.ids import floor
from appliance.fediverse.db.tables import (
    accounts,
    blocks,
    bookmarks,
    favourites,
    follows,
    mentions,
    poll_votes,
    polls,
    statuses,
    tags,
    trend_reviews,
)
from appliance.fediverse.model import FollowState, Visibility
from appliance.fediverse.services import accounts as account_services
from appliance.fediverse.services import search_words
from appliance.fediverse.services.paging import LARGEST_ID
from appliance.fediverse.services.search_query import Has, Is, Place, Search
from appliance.fediverse.services.text import tag_key
from appliance.fediverse.services.visibility import NOBODY, is_shown_as, visible, welcome
from appliance.fediverse.services.with_media import with_media
from appliance.fediverse.urls import Urls
from appliance.system.clock import from_milliseconds

_LAST = "\U0010ffff"  # sorts behind all that begins with what it follows
_viewer: "sa.BindParameter[int]" = sa.bindparam("viewer_id", type_=sa.BigInteger)
_following = sa.exists().where(
    follows.c.follower_id == _viewer,
    follows.c.followee_id == accounts.c.id,
    follows.c.state == FollowState.ACCEPTED.value,
)
_NOT_BLOCKING_VIEWER = sa.not_(sa.exists().where(blocks.c.account_id == accounts.c.id, blocks.c.target_id == _viewer))
_WELCOME = welcome(accounts.c.id)
_TAGS = (
    sa.select(tags.c.id, tags.c.name)
    .where(tags.c.name >= sa.bindparam("name"), tags.c.name < sa.bindparam("name_end"))
    .order_by(tags.c.name)
    .limit(sa.bindparam("count"))
    .offset(sa.bindparam("skip"))
)
_REVIEWED = sa.exists().where(
    trend_reviews.c.kind == "tag", trend_reviews.c.subject == tags.c.name, trend_reviews.c.allowed
)
_boost = again(statuses)
_CONCERNS_VIEWER = sa.or_(
    statuses.c.account_id == _viewer,
    sa.exists().where(favourites.c.status_id == statuses.c.id, favourites.c.account_id == _viewer),
    sa.exists().where(bookmarks.c.status_id == statuses.c.id, bookmarks.c.account_id == _viewer),
    sa.exists().where(_boost.c.boost_of_id == statuses.c.id, _boost.c.account_id == _viewer),
    sa.exists().where(mentions.c.status_id == statuses.c.id, mentions.c.account_id == _viewer),
    sa.exists().where(
        polls.c.status_id == statuses.c.id, poll_votes.c.poll_id == polls.c.id, poll_votes.c.account_id == _viewer
    ),
)
_OFFERED = sa.and_(
    is_shown_as(statuses, Visibility.PUBLIC),
    sa.exists().where(accounts.c.id == statuses.c.account_id, accounts.c.indexable),
)
_PLACES = {
    Place.ALL: sa.or_(_CONCERNS_VIEWER, _OFFERED),
    Place.LIBRARY: _CONCERNS_VIEWER,
    Place.PUBLIC: _OFFERED,
}
_HAS = {
    Has.MEDIA: with_media(),
    Has.POLL: statuses.c.poll_id.is_not(None),
    Has.LINK: statuses.c.card_id.is_not(None),
}
_IS = {Is.REPLY: statuses.c.in_reply_to_id.is_not(None), Is.SENSITIVE: statuses.c.sensitive}
# Built once: what is asked anew each time is only what was typed.
_SEEN = (visible(), welcome(statuses.c.account_id))
_ACCOUNTS = sa.select(accounts).where(accounts.c.suspended_at.is_(None), accounts.c.deleted_at.is_(None))


@dataclass(frozen=True)
class Window:
    """Which of the statuses found are wanted."""

    limit: int = 20
    offset: int = 0
    max_id: int | None = None
    min_id: int | None = None
    author_id: int | None = None


def find_accounts(
    tx: Tx, viewer_id: int | None, query: str, limit: int, *, offset: int = 0, only_following: bool = False
) -> list[sa.Row[Any]]:
    """By the beginnings of words of their names; those the viewer follows first, then those with many followers."""
    name, _, domain = query.strip().removeprefix("@").lower().partition("@")
    like = search_words.people_like(tx, name, domain)
    if like is None:
        return []
    # Whose name is typed in full is meant, even if muted or blocked: else neither could be taken back.
    named = sa.and_(accounts.c.username_key == name, accounts.c.domain == domain, _NOT_BLOCKING_VIEWER)
    found = (
        _ACCOUNTS.where(like, sa.or_(_WELCOME, named))
        .order_by(
            (accounts.c.username_key == name).desc(),
            _following.desc(),
            accounts.c.followers_count.desc(),
            accounts.c.id,
        )
        .limit(limit)
        .offset(offset)
    )
    if only_following:
        found = found.where(_following)
    return tx.all(found, {"viewer_id": viewer_id or NOBODY})


def find_tags(tx: Tx, name: str, limit: int, offset: int = 0, *, only_reviewed: bool = False) -> list[sa.Row[Any]]:
    """Rows of `tags` that begin so; with `only_reviewed`, of those that no moderator approved only what was named."""
    key = tag_key(name)
    parameters = {"name": key, "name_end": key + _LAST, "count": limit, "skip": offset}
    query = _TAGS.where(sa.or_(_REVIEWED, tags.c.name == key)) if only_reviewed else _TAGS
    return tx.all(query, parameters) if key else []


def find_statuses(tx: Tx, urls: Urls, viewer_id: int, search: Search, window: Window) -> list[int]:
    """Ids of what the searcher may see and search, the newest first."""
    if search.is_empty:
        return []
    conditions: list[sa.ColumnElement[bool]] = [
        _PLACES[search.place],
        *_SEEN,
        *_authors(tx, urls, viewer_id, search),
    ]
    if window.author_id is not None:
        conditions.append(statuses.c.account_id == window.author_id)
    for thing, wanted in search.has:
        conditions.append(_HAS[thing] if wanted else sa.not_(_HAS[thing]))
    for trait, wanted in search.is_:
        conditions.append(_IS[trait] if wanted else sa.not_(_IS[trait]))
    for language, wanted in search.languages:
        # Also of what says nothing of its language nobody knows that it is another one.
        said = sa.func.coalesce(statuses.c.language, "")
        conditions.append(said == language if wanted else said != language)
    query, key = search_words.statuses_with(
        tx, sa.select(statuses.c.id).where(*conditions), statuses.c.id, search.words
    )
    least, below = _bounds(search, window)
    found = query.where(key >= least, key < below).order_by(key.desc()).limit(window.limit).offset(window.offset)
    return [row.id for row in tx.all(found, {"viewer_id": viewer_id})]


def _bounds(search: Search, window: Window) -> tuple[int, int]:
    """The ids between which to look: the least, and that above the greatest."""
    least = 0 if window.min_id is None else window.min_id + 1
    below = LARGEST_ID if window.max_id is None else window.max_id
    if search.since is not None:
        least = max(least, floor(from_milliseconds(search.since)))
    if search.until is not None:
        below = min(below, floor(from_milliseconds(search.until)))
    return least, below


def _authors(tx: Tx, urls: Urls, viewer_id: int, search: Search) -> "list[sa.ColumnElement[bool]]":
    conditions: list[sa.ColumnElement[bool]] = []
    for handle, wanted in search.authors:
        row = None if handle == "me" else account_services.find(tx, urls, handle)
        author_id = viewer_id if handle == "me" else row.id if row is not None else NOBODY
        same = statuses.c.account_id == author_id
        conditions.append(same if wanted else sa.not_(same))
    return conditions
