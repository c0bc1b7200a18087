# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists of statuses, each one query built once. Rows are those of `statuses`, newest first.

Home is filled on writing (fanout.py), so it only asks once more whether the reader may still see what is there.
"""

from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import bookmarks, favourites, home, status_tags, statuses, tags
from appliance.fediverse.model import Visibility
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.visibility import NOBODY, not_blocking, visible

Rows = list[sa.Row[Any]]

CONTEXT_LIMIT = 200
ANONYMOUS_CONTEXT_LIMIT = 60

_viewer: "sa.BindParameter[int]" = sa.bindparam("viewer_id")
_PUBLIC = sa.and_(
    statuses.c.visibility == Visibility.PUBLIC.value,
    sa.func.coalesce(statuses.c.boost_of_id, 0) == 0,  # not IS NULL, which SQLite would look up in an index and sort
    visible(),
    not_blocking(statuses.c.account_id),
)

_HOME = Paged(
    sa.select(statuses).join(home, home.c.status_id == statuses.c.id).where(home.c.account_id == _viewer, visible()),
    home.c.status_id,
)
# The literal conditions are those of the index ix_statuses_public.
_LOCAL = Paged(
    sa.select(statuses).where(sa.text("statuses.visibility = 'public' AND statuses.local"), _PUBLIC),
    statuses.c.id,
)
_FEDERATED = Paged(sa.select(statuses).where(_PUBLIC), statuses.c.id)
_REMOTE = Paged(sa.select(statuses).where(_PUBLIC, sa.not_(statuses.c.local)), statuses.c.id)
_TAG = Paged(
    sa.select(statuses)
    .join(status_tags, status_tags.c.status_id == statuses.c.id)
    .join(tags, tags.c.id == status_tags.c.tag_id)
    .where(
        tags.c.name == sa.bindparam("tag"), _PUBLIC, sa.or_(statuses.c.local, ~sa.bindparam("local", type_=sa.Boolean))
    ),
    status_tags.c.status_id,
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


def _of_account(*, replies: bool, boosts: bool) -> Paged:
    conditions = [statuses.c.account_id == sa.bindparam("author_id"), visible()]
    if not replies:
        to_self = statuses.c.in_reply_to_account_id == statuses.c.account_id
        conditions.append(sa.or_(statuses.c.in_reply_to_id.is_(None), to_self))
    if not boosts:
        conditions.append(statuses.c.boost_of_id.is_(None))
    return Paged(sa.select(statuses).where(*conditions), statuses.c.id)


_ACCOUNT = {
    (replies, boosts): _of_account(replies=replies, boosts=boosts)
    for replies in (False, True)
    for boosts in (False, True)
}
_ACCOUNT_TAG = Paged(
    sa.select(statuses)
    .join(status_tags, status_tags.c.status_id == statuses.c.id)
    .join(tags, tags.c.id == status_tags.c.tag_id)
    .where(tags.c.name == sa.bindparam("tag"), statuses.c.account_id == sa.bindparam("author_id"), visible()),
    statuses.c.id,
)
_SEEN = sa.select(statuses.c.id).where(statuses.c.id.in_(sa.bindparam("ids", expanding=True)), visible())
# Only how it hangs together: of a thread that strangers made long, most is never shown.
_THREAD = (
    sa.select(statuses.c.id, statuses.c.in_reply_to_id)
    .where(statuses.c.conversation_id == sa.bindparam("conversation_id"), statuses.c.boost_of_id.is_(None), visible())
    .where(not_blocking(statuses.c.account_id))
    .order_by(statuses.c.id)
    .limit(5000)
)
_BY_IDS = sa.select(statuses).where(statuses.c.id.in_(sa.bindparam("ids", expanding=True)))


def home_page(tx: Tx, account_id: int, page: Page) -> Rows:
    return _HOME.rows(tx, page, viewer_id=account_id)


def public(tx: Tx, viewer_id: int | None, page: Page, *, local: bool = False, remote: bool = False) -> Rows:
    query = _LOCAL if local else _REMOTE if remote else _FEDERATED
    return query.rows(tx, page, viewer_id=viewer_id or NOBODY)


def tag(tx: Tx, viewer_id: int | None, name: str, page: Page, *, local: bool = False) -> Rows:
    """`name` in lower case."""
    return _TAG.rows(tx, page, viewer_id=viewer_id or NOBODY, tag=name, local=local)


def of_account(
    tx: Tx,
    viewer_id: int | None,
    author_id: int,
    page: Page,
    *,
    replies: bool = True,
    boosts: bool = True,
    tagged: str | None = None,
) -> Rows:
    parameters = {"viewer_id": viewer_id or NOBODY, "author_id": author_id}
    if tagged is not None:
        return _ACCOUNT_TAG.rows(tx, page, tag=tagged, **parameters)
    return _ACCOUNT[replies, boosts].rows(tx, page, **parameters)


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
