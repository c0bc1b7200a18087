# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists of statuses, each one query built once. Rows are those of `statuses`, newest first.

Home and lists are filled on writing (fanout.py), so they only ask once more whether the reader may still see what is
there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import (
    bookmarks,
    cards,
    favourites,
    home,
    list_statuses,
    lists,
    mentions,
    status_tags,
    statuses,
    tags,
)
from appliance.fediverse.model import Visibility
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.visibility import NOBODY, is_shown_as, listed, visible, welcome
from appliance.fediverse.services.with_media import with_media

Rows = list[sa.Row[Any]]

CONTEXT_LIMIT = 200
ANONYMOUS_CONTEXT_LIMIT = 60
MAX_TAGS = 4  # of each kind in a question for several

_viewer: "sa.BindParameter[int]" = sa.bindparam("viewer_id")
_PUBLIC = sa.and_(
    is_shown_as(statuses, Visibility.PUBLIC),
    sa.func.coalesce(statuses.c.boost_of_id, 0) == 0,  # not IS NULL, which SQLite would look up in an index and sort
    visible(),
    welcome(statuses.c.account_id),
    listed(statuses.c.account_id),
    sa.or_(sa.not_(sa.bindparam("only_media", type_=sa.Boolean)), with_media()),
)

_HOME = Paged(
    sa.select(statuses).join(home, home.c.status_id == statuses.c.id).where(home.c.account_id == _viewer, visible()),
    home.c.status_id,
)
_LIST = Paged(
    sa.select(statuses)
    .join(list_statuses, list_statuses.c.status_id == statuses.c.id)
    .where(list_statuses.c.list_id == sa.bindparam("list_id"), visible()),
    list_statuses.c.status_id,
)
_OWN_LIST = sa.select(lists.c.id).where(lists.c.id == sa.bindparam("list_id"), lists.c.account_id == _viewer)
# The literal conditions are those of the index ix_statuses_public.
_LOCAL = Paged(
    sa.select(statuses).where(sa.text("statuses.visibility = 'public' AND statuses.local"), _PUBLIC),
    statuses.c.id,
)
_FEDERATED = Paged(sa.select(statuses).where(_PUBLIC), statuses.c.id)
_REMOTE = Paged(sa.select(statuses).where(_PUBLIC, sa.not_(statuses.c.local)), statuses.c.id)


_TAGGED = (
    sa.select(statuses)
    .join(status_tags, status_tags.c.status_id == statuses.c.id)
    .where(
        status_tags.c.tag_id == sa.bindparam("tag_id"),
        _PUBLIC,
        sa.or_(statuses.c.local, ~sa.bindparam("local", type_=sa.Boolean)),
        sa.or_(sa.not_(statuses.c.local), ~sa.bindparam("remote", type_=sa.Boolean)),
    )
)
_TAG = Paged(_TAGGED, status_tags.c.status_id)


def _tagged_with_others() -> Paged:
    """With all of other hashtags, and none of still others."""
    other = again(status_tags)
    same = other.c.status_id == status_tags.c.status_id
    required = (
        sa.select(sa.func.count())
        .where(same, other.c.tag_id.in_(sa.bindparam("all", expanding=True)))
        .scalar_subquery()
    )
    unwanted = sa.exists().where(same, other.c.tag_id.in_(sa.bindparam("none", expanding=True)))
    return Paged(_TAGGED.where(required == sa.bindparam("all_count"), sa.not_(unwanted)), status_tags.c.status_id)


_TAG_WITH_OTHERS = _tagged_with_others()
_TAG_IDS = sa.select(tags.c.id, tags.c.name).where(tags.c.name.in_(sa.bindparam("names", expanding=True)))
_LINK = Paged(
    sa.select(statuses).where(
        statuses.c.card_id == sa.bindparam("card_id"),
        sa.text("statuses.card_id IS NOT NULL"),  # as in the index ix_statuses_card_id
        _PUBLIC,
    ),
    statuses.c.id,
)
_CARD = sa.select(cards.c.id).where(cards.c.url == sa.bindparam("url"))
_DIRECT = is_shown_as(statuses, Visibility.DIRECT)
_DIRECT_FROM = Paged(sa.select(statuses).where(statuses.c.account_id == _viewer, _DIRECT, visible()), statuses.c.id)
_DIRECT_TO = Paged(
    sa.select(statuses)
    .join(mentions, mentions.c.status_id == statuses.c.id)
    .where(mentions.c.account_id == _viewer, _DIRECT, visible(), welcome(statuses.c.account_id)),
    mentions.c.status_id,
)
_FAVOURITES = Paged(
    sa.select(statuses, favourites.c.id.label("page_id"))
    .join(favourites, favourites.c.status_id == statuses.c.id)
    .where(favourites.c.account_id == _viewer, visible()),
    favourites.c.id,
)
_BOOKMARKS = Paged(
    sa.select(statuses, bookmarks.c.id.label("page_id"))
    .join(bookmarks, bookmarks.c.status_id == statuses.c.id)
    .where(bookmarks.c.account_id == _viewer, visible()),
    bookmarks.c.id,
)
_SEEN = sa.select(statuses.c.id).where(statuses.c.id.in_(sa.bindparam("ids", expanding=True)), visible())
# Only how it hangs together: of a thread that strangers made long, most is never shown.
_THREAD = (
    sa.select(statuses.c.id, statuses.c.in_reply_to_id)
    .where(statuses.c.conversation_id == sa.bindparam("conversation_id"), statuses.c.boost_of_id.is_(None), visible())
    .where(welcome(statuses.c.account_id))
    .order_by(statuses.c.id)
    .limit(5000)
)
_BY_IDS = sa.select(statuses).where(statuses.c.id.in_(sa.bindparam("ids", expanding=True)))


@dataclass(frozen=True)
class Narrow:
    """What of a public timeline is wanted."""

    local: bool = False
    remote: bool = False
    only_media: bool = False


@dataclass(frozen=True)
class Tags:
    """Hashtags, as they are stored: one of `any`, all of `all`, none of `none`."""

    any: Sequence[str]
    all: Sequence[str] = ()
    none: Sequence[str] = ()


EVERYTHING = Narrow()


def home_page(tx: Tx, account_id: int, page: Page) -> Rows:
    return _HOME.rows(tx, page, viewer_id=account_id)


def list_page(tx: Tx, account_id: int, list_id: int, page: Page) -> Rows:
    """Raises HearthError not-found, also for other people's lists."""
    if not tx.exists(_OWN_LIST, {"list_id": list_id, "viewer_id": account_id}):
        raise missing()
    return _LIST.rows(tx, page, viewer_id=account_id, list_id=list_id)


def public(tx: Tx, viewer_id: int | None, page: Page, narrow: Narrow = EVERYTHING) -> Rows:
    query = _LOCAL if narrow.local else _REMOTE if narrow.remote else _FEDERATED
    return query.rows(tx, page, viewer_id=viewer_id or NOBODY, only_media=narrow.only_media)


def tag(tx: Tx, viewer_id: int | None, wanted: Tags, page: Page, narrow: Narrow = EVERYTHING) -> Rows:
    names = [*wanted.any[: MAX_TAGS + 1], *wanted.all[:MAX_TAGS], *wanted.none[:MAX_TAGS]]
    ids = {row.name: row.id for row in tx.all(_TAG_IDS, {"names": list(set(names))})}
    required = set(wanted.all[:MAX_TAGS])
    if not required <= set(ids):
        return []
    parameters: dict[str, Any] = {
        "viewer_id": viewer_id or NOBODY,
        "local": narrow.local,
        "remote": narrow.remote,
        "only_media": narrow.only_media,
    }
    query = _TAG
    unwanted = [ids[name] for name in wanted.none[:MAX_TAGS] if name in ids]
    if required or unwanted:
        query = _TAG_WITH_OTHERS
        parameters |= {"all": [ids[name] for name in required], "all_count": len(required), "none": unwanted}
    begun = [ids[name] for name in dict.fromkeys(wanted.any[: MAX_TAGS + 1]) if name in ids]
    return _merged([query.rows(tx, page, tag_id=tag_id, **parameters) for tag_id in begun], page)


def link(tx: Tx, viewer_id: int | None, url: str, page: Page) -> Rows:
    """Public statuses that show this link. Raises HearthError not-found for a link that none does."""
    card = tx.one(_CARD, {"url": url})
    if card is None:
        raise missing()
    return _LINK.rows(tx, page, viewer_id=viewer_id or NOBODY, card_id=card.id, only_media=False)


def direct(tx: Tx, account_id: int, page: Page) -> Rows:
    """What the member sent to, and got from, single people."""
    found = [query.rows(tx, page, viewer_id=account_id) for query in (_DIRECT_FROM, _DIRECT_TO)]
    return _merged(found, page)


def favourites_of(tx: Tx, account_id: int, page: Page) -> Rows:
    """With `page_id`, by which the list is paged."""
    return _FAVOURITES.rows(tx, page, viewer_id=account_id)


def bookmarks_of(tx: Tx, account_id: int, page: Page) -> Rows:
    """With `page_id`, by which the list is paged."""
    return _BOOKMARKS.rows(tx, page, viewer_id=account_id)


def thread(tx: Tx, viewer_id: int | None, status: sa.Row[Any]) -> tuple[Rows, Rows]:
    """What leads to a status, the first one first, and what answers it, depth first."""
    parents: dict[int, int | None] = {
        row.id: row.in_reply_to_id
        for row in tx.all(_THREAD, {"conversation_id": status.conversation_id, "viewer_id": viewer_id or NOBODY})
    }
    children: dict[int | None, list[int]] = {}
    for each, parent in parents.items():
        children.setdefault(parent, []).append(each)
    before: list[int] = []
    above = status.in_reply_to_id
    while above in parents and len(before) < CONTEXT_LIMIT:
        before.append(above)
        above = parents[above]
    after: list[int] = []
    stack = children.get(status.id, [])[::-1]
    limit = CONTEXT_LIMIT if viewer_id else ANONYMOUS_CONTEXT_LIMIT
    while stack and len(after) < limit:
        after.append(stack.pop())
        stack.extend(children.get(after[-1], [])[::-1])
    rows = {row.id: row for row in tx.all(_BY_IDS, {"ids": [*before, *after]})}
    return [rows[each] for each in reversed(before)], [rows[each] for each in after]


def seen(tx: Tx, viewer_id: int | None, ids: list[int]) -> list[int]:
    """Those of the ids that the viewer may see, in their order."""
    found = {row.id for row in tx.all(_SEEN, {"ids": ids, "viewer_id": viewer_id or NOBODY})}
    return [each for each in ids if each in found]


def _merged(found: Sequence[Rows], page: Page) -> Rows:
    """One page out of several pages of the same place, each status once."""
    if len(found) == 1:
        return found[0]
    rows = {row.id: row for each in found for row in each}
    ids = sorted(rows, reverse=page.min_id is None)[: page.limit]
    return [rows[each] for each in sorted(ids, reverse=True)]
