# SPDX-License-Identifier: AGPL-3.0-or-later
"""Preview cards: what the page behind a post's first link says of itself.

A post with a link leaves an errand, in its own transaction; the companion asks the page and puts the card under the
post. A page that says nothing is remembered too, with an empty title, so that it is not asked with every post.
"""

import re
from dataclasses import asdict, dataclass
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, card_errands, cards, statuses
from appliance.fediverse.db.topics import Topic
from appliance.system.clock import milliseconds

FRESH = timedelta(days=14)
FORGET = timedelta(days=90)
MAX_WAITING = 500  # strangers can make us ask
MAX_URL = 2048
SPREAD_MILLISECONDS = 30_000  # else a page is asked by all servers at once

# Links in HTML that was made or sanitised here: attributes are quoted and escaped.
_LINK = re.compile(r'<a\b([^>]*)\bhref="(https?://[^"]*)"([^>]*)>', re.IGNORECASE)
_QUOTED = re.compile(r'<p class="quote-inline">.*?</p>', re.DOTALL)  # what stands there for who shows no quotes
_NO_PAGE = re.compile(r'class="[^"]*\b(?:mention|hashtag)\b|rel="[^"]*\btag\b')

_BY_URL = sa.select(cards).where(cards.c.url == sa.bindparam("address"))
_WAITING = sa.select(sa.func.count()).select_from(card_errands)
_DUE = (
    sa.select(card_errands)
    .where(card_errands.c.due_at <= sa.bindparam("now"))
    .order_by(card_errands.c.due_at)
    .limit(sa.bindparam("most"))
)
_NEXT = sa.select(sa.func.min(card_errands.c.due_at))
_ACCOUNT = sa.select(accounts.c.id).where(
    accounts.c.username_key == sa.bindparam("name"), accounts.c.domain == sa.bindparam("domain")
)
_PUT = sa.update(statuses).where(statuses.c.id == sa.bindparam("under_id")).values(card_id=sa.bindparam("shown_id"))


@dataclass(frozen=True)
class Page:
    """What a page says of itself. An empty title: nothing. Times in milliseconds."""

    title: str = ""
    description: str = ""
    language: str | None = None
    author_name: str = ""
    author_url: str = ""
    author: str = ""  # her handle, name@host
    provider_name: str = ""
    image_url: str | None = None
    image_description: str = ""
    width: int = 0
    height: int = 0
    published_at: int | None = None


@dataclass(frozen=True)
class Errand:
    status_id: int
    url: str


def link_in(html: str) -> str | None:
    """The first link that leads neither to a person nor to a hashtag, nor to what is quoted."""
    for before, href, after in _LINK.findall(_QUOTED.sub("", html)):
        url = unescape(href)
        if not _NO_PAGE.search(before + after) and len(url) <= MAX_URL:
            return url
    return None


def want(tx: Tx, status_id: int, html: str, *, local: bool) -> None:
    """A post was written. What is already known of its page goes under it at once."""
    url = link_in(html) if "<a" in html else None
    known = tx.one(_BY_URL, {"address": url}) if url is not None else None
    if known is not None and known.fetched_at > milliseconds(tx.now - FRESH):
        tx.execute(_PUT, {"under_id": status_id, "shown_id": known.id})
    elif url is not None and tx.execute(_WAITING).scalar_one() < MAX_WAITING:
        due_at = tx.now_ms + (0 if local else status_id % SPREAD_MILLISECONDS)
        tx.execute(sa.insert(card_errands).values(status_id=status_id, url=url, due_at=due_at))
        tx.topics.add(Topic.CARDS)


def change(tx: Tx, status_id: int, html: str, *, local: bool) -> None:
    """A post says something else now."""
    tx.execute(sa.delete(card_errands).where(card_errands.c.status_id == status_id))
    tx.execute(_PUT, {"under_id": status_id, "shown_id": None})
    want(tx, status_id, html, local=local)


def due(tx: Tx, most: int) -> list[Errand]:
    return [Errand(row.status_id, row.url) for row in tx.all(_DUE, {"now": tx.now_ms, "most": most})]


def next_due(tx: Tx) -> float | None:
    """Seconds until a page is to be asked; None if nothing waits."""
    moment = tx.execute(_NEXT).scalar_one()
    return None if moment is None else max(0.0, (moment - tx.now_ms) / 1000)


def done(tx: Tx, errand: Errand, page: Page, host: str) -> None:
    """The page was asked; `host` is ours. Nothing happens if the post is gone, or says something else meanwhile."""
    mine = sa.and_(card_errands.c.status_id == errand.status_id, card_errands.c.url == errand.url)
    if tx.execute(sa.delete(card_errands).where(mine)).rowcount == 0:
        return
    tx.execute(_PUT, {"under_id": errand.status_id, "shown_id": _store(tx, errand.url, page, host)})


def prune(tx: Tx) -> None:
    """Forget pages that no post leads to any more."""
    shown = sa.exists().where(statuses.c.card_id == cards.c.id)
    tx.execute(sa.delete(cards).where(cards.c.fetched_at < milliseconds(tx.now - FORGET), ~shown))


def credits(row: sa.Row[Any], url: str) -> bool:
    """Whether an account lets the page at `url` name it as its author: its domain or one above is on its list."""
    host = (urlsplit(url).hostname or "").lower()
    return any(host == each or host.endswith(f".{each}") for each in row.attribution_domains or ())


def _store(tx: Tx, url: str, page: Page, host: str) -> int:
    values = asdict(page) | {"fetched_at": tx.now_ms, "author_id": _account_id(tx, page.author, host)}
    del values["author"]
    known = tx.one(_BY_URL, {"address": url})
    if known is None:
        card_id = tx.next_id()
        tx.execute(sa.insert(cards).values(id=card_id, url=url, **values))
        return card_id
    # What a page said once stays when it does not answer now.
    if page.title or not known.title:
        tx.execute(sa.update(cards).where(cards.c.id == known.id).values(**values))
    return int(known.id)


def _account_id(tx: Tx, handle: str, host: str) -> int | None:
    """Who is known here under this handle."""
    name, _, domain = handle.lower().partition("@")
    if not name or not domain:
        return None
    row = tx.one(_ACCOUNT, {"name": name, "domain": "" if domain == host.lower() else domain})
    return None if row is None else int(row.id)
