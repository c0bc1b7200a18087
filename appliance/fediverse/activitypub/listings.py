# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections that other servers page through: what a member posted, and who follows whom."""

import sqlalchemy as sa

from appliance.fediverse.activitypub import documents
from appliance.fediverse.activitypub.documents import Document, Row
from appliance.fediverse.activitypub.outgoing import note_parts
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows, statuses
from appliance.fediverse.db.tables import featured_tags as tags_table
from appliance.fediverse.model import FollowState
from appliance.fediverse.services import pins
from appliance.fediverse.services.paging import Page
from appliance.fediverse.services.visibility import OPEN
from appliance.fediverse.urls import Urls

POSTS_PER_PAGE = 20
PEOPLE_PER_PAGE = 40


def collection(uri: str, total: int) -> Document:
    return {"id": uri, "type": "OrderedCollection", "totalItems": total, "first": f"{uri}?page=true"}


def outbox_page(tx: Tx, urls: Urls, account: Row, before: int | None) -> Document:
    """Public and unlisted posts and boosts, newest first, older than `before`."""
    query = (
        sa.select(statuses)
        .where(statuses.c.account_id == account.id, statuses.c.visibility.in_(OPEN))
        .order_by(statuses.c.id.desc())
        .limit(POSTS_PER_PAGE)
    )
    rows = tx.all(query if before is None else query.where(statuses.c.id < before))
    items = [item for row in rows if (item := activity_of(tx, urls, row, account)) is not None]
    return _page(urls.outbox(account.username), before, items, rows[-1].id if len(rows) == POSTS_PER_PAGE else None)


def hidden(uri: str, total: int) -> Document:
    return {"id": uri, "type": "OrderedCollection", "totalItems": total}


def featured(tx: Tx, urls: Urls, account: Row) -> Document:
    """Pinned posts that everybody may see, the one pinned last first."""
    rows = pins.page(tx, None, account.id, Page(limit=pins.MOST))
    items = [documents.note(urls, note_parts(tx, urls, row)) for row in rows if row.visibility in OPEN]
    uri = urls.featured(account.username)
    return {"id": uri, "type": "OrderedCollection", "totalItems": len(items), "orderedItems": items}


def people_page(tx: Tx, urls: Urls, account: Row, *, followers: bool, before: int | None) -> Document:
    """Followers or those followed, as URIs, newest first."""
    mine, theirs = follows.c.followee_id, follows.c.follower_id
    if not followers:
        mine, theirs = theirs, mine
    query = (
        sa.select(accounts.c.uri, accounts.c.username, follows.c.id.label("follow_id"))
        .join(follows, theirs == accounts.c.id)
        .where(mine == account.id, follows.c.state == FollowState.ACCEPTED.value)
        .order_by(follows.c.id.desc())
        .limit(PEOPLE_PER_PAGE)
    )
    rows = tx.all(query if before is None else query.where(follows.c.id < before))
    uri = urls.followers(account.username) if followers else urls.following(account.username)
    last = rows[-1].follow_id if len(rows) == PEOPLE_PER_PAGE else None
    return _page(uri, before, [documents.account_uri(urls, row) for row in rows], last)


def featured_tags(tx: Tx, urls: Urls, account: Row) -> Document:
    rows = tx.all(sa.select(tags_table.c.name).where(tags_table.c.account_id == account.id).order_by(tags_table.c.id))
    items = [{"type": "Hashtag", "href": urls.tag(row.name), "name": f"#{row.name}"} for row in rows]
    return {
        "id": urls.featured_tags(account.username),
        "type": "Collection",
        "totalItems": len(items),
        "items": items,
    }


def replies(urls: Urls, status: Row, author: Row) -> Document:
    uri = urls.replies(author.username, status.id)
    return {"id": uri, "type": "Collection", "first": f"{uri}?page=true"}


def replies_page(tx: Tx, urls: Urls, status: Row, author: Row, after: int) -> Document:
    """Public and unlisted answers, ours and those known of others, the oldest first."""
    query = (
        sa.select(statuses.c.id, statuses.c.uri, accounts.c.username)
        .join(accounts, accounts.c.id == statuses.c.account_id)
        .where(
            statuses.c.in_reply_to_id == status.id,
            statuses.c.visibility.in_(OPEN),
            statuses.c.id > after,
            accounts.c.suspended_at.is_(None),
            accounts.c.deleted_at.is_(None),
        )
        .order_by(statuses.c.id)
        .limit(POSTS_PER_PAGE)
    )
    rows = tx.all(query)
    uri = urls.replies(author.username, status.id)
    here = f"{uri}?page=true" + (f"&min_id={after}" if after else "")
    items = [row.uri or urls.status(row.username, row.id) for row in rows]
    page: Document = {"id": here, "type": "CollectionPage", "partOf": uri, "items": items}
    if len(rows) == POSTS_PER_PAGE:
        page["next"] = f"{uri}?page=true&min_id={rows[-1].id}"
    return page


def activity_of(tx: Tx, urls: Urls, status: Row, author: Row) -> Document | None:
    """The Create or Announce of a local status; None for a boost of what is gone."""
    if status.boost_of_id is None:
        return documents.create(urls, note_parts(tx, urls, status))
    original = tx.one(sa.select(statuses).where(statuses.c.id == status.boost_of_id))
    if original is None:
        return None
    original_author = tx.connection.execute(sa.select(accounts).where(accounts.c.id == original.account_id)).one()
    return documents.announce(urls, status, author, original, original_author)


def _page(uri: str, before: int | None, items: list[Document] | list[str], last: int | None) -> Document:
    here = f"{uri}?page=true" + (f"&max_id={before}" if before is not None else "")
    page: Document = {"id": here, "type": "OrderedCollectionPage", "partOf": uri, "orderedItems": items}
    if last is not None:
        page["next"] = f"{uri}?page=true&max_id={last}"
    return page
