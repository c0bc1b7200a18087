# SPDX-License-Identifier: AGPL-3.0-or-later
"""CardTask: asks the pages that posts lead to what they say of themselves, a few at a time."""

import asyncio
import logging
from dataclasses import replace
from urllib.parse import urlsplit

from appliance.fediverse.companion import page_heads
from appliance.fediverse.companion.tasks import DatabaseTurns
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.services import cards
from appliance.fediverse.services.cards import Errand, Page
from appliance.system.async_net import AsyncNet
from appliance.system.exchange import Limits, Request
from appliance.system.guard import NetError

AT_ONCE = 4
IDLE_SECONDS = 60.0
PRUNE_SECONDS = 24 * 3600.0
_LIMITS = Limits(size=1024 * 1024, seconds=10.0)
_ACCEPT = "text/html, application/xhtml+xml"

log = logging.getLogger(__name__)


class CardTask(DatabaseTurns):
    topics = frozenset({Topic.CARDS})

    def __init__(self, context: Context, net: AsyncNet) -> None:
        super().__init__(context)
        self._net = net
        self._pruned_at: float | None = None

    async def turn(self) -> float:
        if not self._context.urls().federating:
            return IDLE_SECONDS
        await self._prune()
        while errands := await self._read(lambda tx: cards.due(tx, AT_ONCE)):
            await self._run(errands)
        seconds = await self._read(cards.next_due)
        return IDLE_SECONDS if seconds is None else min(seconds, IDLE_SECONDS)

    async def _run(self, errands: list[Errand]) -> None:
        urls = list(dict.fromkeys(errand.url for errand in errands))
        pages = dict(zip(urls, await asyncio.gather(*map(self._ask, urls)), strict=True))

        host = self._context.urls().host

        def write(tx: Tx) -> None:
            for errand in errands:
                cards.done(tx, errand, pages[errand.url], host)

        await self._write(write)

    async def _ask(self, url: str) -> Page:
        """A page that can't be had says nothing."""
        try:
            response = await self._net.fetch(Request(url, headers={"Accept": _ACCEPT}, limits=_LIMITS))
            kind, _, parameters = response.headers.get("content-type", "").lower().partition(";")
            if not response.ok or kind.strip() not in ("text/html", "application/xhtml+xml"):
                return Page()
            found = response.url or url
            page = await asyncio.to_thread(page_heads.read, response.body, parameters, found)
            return page if _is_within(found, url) else replace(page, author="")
        except NetError:
            return Page()
        except Exception:  # else the next turn, and every companion after this one, would stumble over it again
            log.exception("%s could not be asked, in a way that nobody thought of", url)
            return Page()

    async def _prune(self) -> None:
        now = self._context.clock.monotonic()
        if self._pruned_at is None or now - self._pruned_at >= PRUNE_SECONDS:
            self._pruned_at = now
            await self._write(cards.prune)


def _is_within(found: str, asked: str) -> bool:
    """Whether a page was found at the host that was asked, or below it. Else whoever is sent on by a domain that an
    author trusts could name her as the author of a page of anybody's."""
    host, trusted = (urlsplit(url).hostname or "" for url in (found, asked))
    return host == trusted or host.endswith(f".{trusted}")
