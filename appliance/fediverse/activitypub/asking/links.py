# SPDX-License-Identifier: AGPL-3.0-or-later
"""A link on a profile checked at its other end: does that page link back, and say that it is the same person's?"""

import contextlib
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.context import Context
from appliance.fediverse.services import accounts, profile_fields
from appliance.fediverse.urls import Urls
from appliance.system.exchange import Limits, Request

MAX_LINKS = 2000
MAX_URL = 2048
_LIMITS = Limits(size=1024 * 1024, seconds=10.0)
_HTML = ("text/html", "application/xhtml+xml")


def run(context: Context, subject: str) -> None:
    """Raises HearthError when the page's server cannot be asked."""
    account_id, _, link = subject.partition(" ")
    urls = context.urls()
    with context.database.read() as tx:
        account = accounts.by_id(tx, int(account_id))
    if account is None or account.suspended_at is not None:
        return
    if link not in [profile_fields.link_of(each) for each in account.fields]:
        return
    response = context.net.fetch(Request(link, headers={"Accept": "text/html"}, limits=_LIMITS))
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not response.ok or kind not in _HTML:
        return
    page = _Page(response.url or link)
    with contextlib.suppress(AssertionError):  # what Python's parser says of some pages that are none
        page.feed(response.body.decode(errors="replace"))
    if page.links & _addresses(urls, account):
        with context.database.write() as tx:
            profile_fields.prove(tx, account.id, link)


def _addresses(urls: Urls, account: Row) -> set[str]:
    """What a link back may lead to."""
    local = (urls.profile_page(account.username), urls.actor(account.username))
    return {_plain(each) for each in (local if not account.domain else (account.url, account.uri)) if each}


class _Page(HTMLParser):
    """The links of a page that are rel="me"."""

    def __init__(self, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: set[str] = set()
        self._address = address

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("a", "link") or len(self.links) >= MAX_LINKS:
            return
        given = {name: value or "" for name, value in attrs}
        if "me" in given.get("rel", "").lower().split() and 0 < len(given.get("href", "")) <= MAX_URL:
            try:
                self.links.add(_plain(urljoin(self._address, given["href"].strip())))
            except ValueError:
                return


def _plain(address: str) -> str:
    """How addresses are compared: without a slash at the end, and with the host in lower case."""
    parts = urlsplit(address)
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
