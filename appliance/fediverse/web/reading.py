# SPDX-License-Identifier: AGPL-3.0-or-later
"""What strangers may read: public and unlisted posts, as the pages show them. One query or two per page."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.context import context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, members, status_tags, statuses, tags, tombstones
from appliance.fediverse.model import MediaKind, MediaPurpose, MemberState
from appliance.fediverse.services import attachments
from appliance.fediverse.services.attachments import Attachment
from appliance.fediverse.services.text import tag_key
from appliance.fediverse.services.visibility import NOBODY, visible
from appliance.fediverse.urls import Urls
from appliance.fediverse.web import polls
from appliance.system.clock import from_milliseconds, milliseconds

PAGE = 20
MAX_THREAD = 300
_TAG = re.compile(r"\w{1,100}")
_VIEWER = {"viewer_id": NOBODY}


@dataclass(frozen=True)
class Author:
    """`page` is where to read more of them: a path of ours, or for others the address on their own server. `face` is
    the path of another server's picture as we keep it, or ""."""

    username: str
    handle: str
    name: str
    page: str
    local: bool
    face: str = ""


@dataclass(frozen=True)
class Profile:
    """`note` and the values of `fields` are sanitised HTML."""

    id: int
    author: Author
    note: str
    fields: tuple[tuple[str, str], ...]
    bot: bool
    joined: datetime
    statuses: int
    followers: int
    following: int
    remote_page: str


@dataclass(frozen=True)
class Shown:
    """A picture, film or sound: `kind` as in `MediaKind`, paths of ours, "" where there is no small picture."""

    kind: str
    path: str
    small: str
    description: str
    width: int
    height: int


@dataclass(frozen=True)
class Post:
    """`content` is sanitised HTML."""

    id: int
    author: Author
    content: str
    spoiler_text: str
    language: str | None
    created_at: datetime
    edited_at: datetime | None
    page: str
    replies: int
    boosts: int
    favourites: int
    reply_to: int | None
    sensitive: bool
    attachments: tuple[Shown, ...]
    poll: polls.Poll | None
    boosted_by: Author | None = None


@dataclass(frozen=True)
class Thread:
    before: tuple[Post, ...]
    post: Post
    after: tuple[Post, ...]


def newest(tx: Tx, before: int | None) -> list[Post]:
    """Public posts of this instance, the newest first."""
    return _posts(tx, _public_local(), before)


def tagged(tx: Tx, name: str, before: int | None, account_id: int | None = None) -> list[Post]:
    """Public posts with a hashtag, of this instance or one account. Raises HearthError not-found for what is none."""
    if not _TAG.fullmatch(name):
        raise _nothing()
    tag_id = sa.select(tags.c.id).where(tags.c.name == tag_key(name)).scalar_subquery()
    carrying = _select().join(status_tags, status_tags.c.status_id == statuses.c.id)
    whose = _public_local() if account_id is None else sa.and_(_public_local(), statuses.c.account_id == account_id)
    query = _page(carrying.where(status_tags.c.tag_id == tag_id, whose), status_tags.c.status_id, before)
    return [_post(row) for row in tx.all(query, _VIEWER)]


def by_account(tx: Tx, account_id: int, before: int | None) -> list[Post]:
    """What somebody wrote or boosted, answers to others left out."""
    own = sa.or_(statuses.c.in_reply_to_id.is_(None), statuses.c.in_reply_to_account_id == account_id)
    condition = sa.and_(statuses.c.account_id == account_id, own)
    posts = []
    for row in tx.all(_page(_select().where(condition), statuses.c.id, before), _VIEWER):
        if row.boost_of_id is None:
            posts.append(_post(row))
        elif original := tx.one(_select().where(statuses.c.id == row.boost_of_id)):
            posts.append(replace(_post(original), id=row.id, boosted_by=author_of(row)))
    return posts


def profile(tx: Tx, username: str, domain: str = "") -> Profile:
    """Raises HearthError not-found (404) or gone (410)."""
    row = tx.one(
        sa.select(accounts, members.c.state.label("state"))
        .outerjoin(members, members.c.account_id == accounts.c.id)
        .where(accounts.c.username_key == username.lower(), accounts.c.domain == domain.lower())
    )
    if row is None or row.state == MemberState.PENDING.value:
        raise _nothing()
    if row.deleted_at is not None or row.suspended_at is not None:
        raise _gone()
    return Profile(
        id=row.id,
        author=author_of(row),
        note=row.note,
        fields=tuple((str(field["name"]), str(field["value"])) for field in row.fields or ()),
        bot=row.bot,
        joined=from_milliseconds(row.created_at),
        statuses=row.statuses_count,
        followers=row.followers_count,
        following=row.following_count,
        remote_page=web_address(row.url or row.uri) if row.domain else "",
    )


def thread(tx: Tx, username: str, status_id: int) -> Thread:
    """A local post with what it answers and what answers it. Raises HearthError not-found (404) or gone (410)."""
    row = tx.one(_select().where(statuses.c.id == status_id, visible()), _VIEWER)
    if row is None and tx.exists(sa.select(tombstones.c.uri).where(tombstones.c.uri == f"local:{status_id}")):
        raise _gone()
    if row is None or row.boost_of_id is not None or row.domain or row.username_key != username.lower():
        raise _nothing()
    conversation = (
        _select()
        .where(
            statuses.c.conversation_id == row.conversation_id,
            statuses.c.boost_of_id.is_(None),
            visible(),
        )
        .order_by(statuses.c.id)
        .limit(MAX_THREAD)
    )
    others = {other.id: _post(other) for other in tx.all(conversation, _VIEWER)}
    post = _post(row)
    return Thread(tuple(_above(post, others)), post, tuple(_below(post, others)))


def _above(post: Post, others: dict[int, Post]) -> list[Post]:
    found: list[Post] = []
    seen = {post.id}
    while post.reply_to in others and post.reply_to not in seen:
        post = others[post.reply_to]
        seen.add(post.id)
        found.insert(0, post)
    return found


def _below(post: Post, others: dict[int, Post]) -> list[Post]:
    """Answers and answers to those, each branch to its end before the next."""
    answers: dict[int | None, list[Post]] = {}
    for other in others.values():
        answers.setdefault(other.reply_to, []).append(other)
    found, waiting, seen = [], list(reversed(answers.get(post.id, []))), {post.id}
    while waiting:
        each = waiting.pop()
        if each.id not in seen:
            seen.add(each.id)
            found.append(each)
            waiting.extend(reversed(answers.get(each.id, [])))
    return found


def _public_local() -> "sa.ColumnElement[bool]":
    """In the words of the index ix_statuses_public; and not IS NULL, which SQLite would look up in another and sort."""
    local = sa.text("statuses.visibility = 'public' AND statuses.local")
    return sa.and_(local, sa.func.coalesce(statuses.c.boost_of_id, 0) == 0)


def _posts(tx: Tx, condition: "sa.ColumnElement[bool]", before: int | None) -> list[Post]:
    return [_post(row) for row in tx.all(_page(_select().where(condition), statuses.c.id, before), _VIEWER)]


def _page(query: "sa.Select[Any]", key: "sa.ColumnElement[int]", before: int | None) -> "sa.Select[Any]":
    page = query.where(visible()).order_by(key.desc()).limit(PAGE)
    return page.where(key < before) if before is not None else page


def _select() -> "sa.Select[Any]":
    query = sa.select(
        statuses,
        accounts.c.username,
        accounts.c.username_key,
        accounts.c.domain,
        accounts.c.display_name,
        accounts.c.url.label("author_url"),
        accounts.c.uri.label("author_uri"),
        accounts.c.avatar_url.label("author_avatar"),
        *polls.COLUMNS,
    )
    with_authors = query.join(accounts, accounts.c.id == statuses.c.account_id)
    return with_authors.outerjoin(polls.table, polls.table.c.id == statuses.c.poll_id)


def _post(row: "sa.Row[Any]") -> Post:
    return Post(
        id=row.id,
        author=author_of(row),
        content=row.content,
        spoiler_text=row.spoiler_text,
        language=row.language,
        created_at=from_milliseconds(row.created_at),
        edited_at=from_milliseconds(row.edited_at) if row.edited_at is not None else None,
        page=web_address(row.url or row.uri) if row.domain else f"/@{row.username}/{row.id}",
        replies=row.replies_count,
        boosts=row.boosts_count,
        favourites=row.favourites_count,
        reply_to=row.in_reply_to_id,
        sensitive=row.sensitive,
        attachments=tuple(_shown(attachments.read(each)) for each in row.attachments or ()),
        poll=polls.of_row(row, milliseconds(context().clock.now())),
    )


def _shown(attachment: Attachment) -> Shown:
    here = _paths()
    if attachment.file:
        path, small = here.media(attachment.file), here.media(attachment.small) if attachment.small else ""
    else:
        path, small = here.elsewhere(MediaPurpose.ATTACHMENT, attachment.url), ""
        if attachment.type in (MediaKind.IMAGE.value, MediaKind.GIFV.value):
            small = here.elsewhere(MediaPurpose.ATTACHMENT, attachment.url, small=True)
    size = attachment.meta.get("small") or attachment.meta.get("original") or {}
    width, height = int(size.get("width", 0)), int(size.get("height", 0))
    return Shown(attachment.type, path, small, attachment.description, width, height)


def _paths() -> Urls:
    """Addresses without a host: a page may be looked at under another name than the instance's."""
    return Urls("", False, context().media_secret)


def author_of(row: "sa.Row[Any]") -> Author:
    local = not row.domain
    columns = row._mapping
    address = columns.get("author_url", columns.get("url")) or columns.get("author_uri", columns.get("uri"))
    return Author(
        username=row.username,
        handle=f"@{row.username}" if local else f"@{row.username}@{row.domain}",
        name=row.display_name or row.username,
        page=f"/@{row.username}" if local else web_address(address),
        local=local,
        face=_face(columns.get("author_avatar")) if not local else "",
    )


def _face(url: object) -> str:
    return _paths().elsewhere(MediaPurpose.AVATAR, url) if isinstance(url, str) and url else ""


def web_address(value: object) -> str:
    """An address that may stand in a link; "" for anything but http and https."""
    text = str(value or "")
    return text if text.startswith(("https://", "http://")) else ""


def _nothing() -> HearthError:
    return HearthError("not-found", "Perhaps it never was, or it is for fewer eyes.", "Check the address.", status=404)


def _gone() -> HearthError:
    return HearthError("gone", "It was here once and has been taken away.", status=410)
