# SPDX-License-Identifier: AGPL-3.0-or-later
"""The courier: one asyncio task that brings what is due to other servers, several at a time, each line in order.

Of one author's activities for one host only one is under way, of one host's a few, and a host that is down is left
alone with all that waits for it. The database is asked from threads, in short transactions; nothing is kept here
that a restart would lose.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from appliance.fediverse.activitypub.signatures import Form
from appliance.fediverse.companion.tasks import WAIT_SECONDS, DatabaseTurns
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.delivery import envelope, outbox
from appliance.fediverse.delivery.envelope import Envelopes
from appliance.fediverse.delivery.outbox import Letter
from appliance.fediverse.delivery.verdict import Outcome, Verdict, judge
from appliance.system.async_net import AsyncNet
from appliance.system.exchange import Response
from appliance.system.guard import Guard, NetError

IN_ALL = 64
PER_HOST = 4
DOUBTFUL = 8  # of all, to hosts that did not answer last
PRUNE_SECONDS = 3600.0
IDLE_SECONDS = 60.0  # the longest sleep: a nudge may be lost

log = logging.getLogger(__name__)


class Courier(DatabaseTurns):
    """`jitter` gives numbers from -1 to 1."""

    topics = frozenset((Topic.DELIVERIES,))

    def __init__(self, context: Context, net: AsyncNet, *, jitter: Callable[[], float] | None = None) -> None:
        super().__init__(context)
        self._net = net
        self._jitter = jitter or _chance
        self._urls = context.urls()
        self._envelopes = Envelopes(context, Guard(development=self._urls.origin.startswith("http:")))
        self._under_way: dict[int, tuple[Letter, asyncio.Task[None]]] = {}
        self._results: list[tuple[Letter, Verdict]] = []
        self._pruned_at: float | None = None

    async def turn(self) -> float:
        """Write down what came of earlier attempts, begin what is due; seconds until the next turn at the latest."""
        await self._settle()
        await self._prune()
        if not self._urls.federating:
            return IDLE_SECONDS
        if not self._context.clock.trusted():
            return WAIT_SECONDS  # the clock is not set
        for doubtful in (False, True):
            while await self._begin(doubtful):
                pass
        seconds = await self._read(outbox.next_due)
        return IDLE_SECONDS if seconds is None else min(seconds, IDLE_SECONDS)

    async def _begin(self, doubtful: bool) -> bool:
        """Begin what is due; true if more may be, since a host with much to get filled the list."""
        doubts = sum(letter.failures > 0 for letter, _ in self._under_way.values())
        room = DOUBTFUL - doubts if doubtful else IN_ALL - DOUBTFUL - (len(self._under_way) - doubts)
        if room <= 0:
            return False
        hosts = Counter(letter.host for letter, _ in self._under_way.values())
        full = [host for host, count in hosts.items() if count >= PER_HOST]
        busy = list(self._under_way)
        letters = await self._read(lambda tx: outbox.due(tx, room, busy, full, doubtful=doubtful))
        left_out = 0
        for letter in letters:
            if hosts[letter.host] >= PER_HOST:
                left_out += 1
                continue
            hosts[letter.host] += 1
            self._under_way[letter.id] = letter, asyncio.create_task(self._deliver(letter))
        return left_out > 0 and len(letters) == room

    async def finish(self) -> None:
        """Wait for all that is under way, and write down what came of it."""
        while self._under_way:
            await asyncio.wait([task for _, task in self._under_way.values()])
            await self._settle()
        await self._settle()

    async def _deliver(self, letter: Letter) -> None:
        result: Response | NetError
        form = None
        try:
            result, form = await self._knock(letter)
        except NetError as error:
            result = error
        except Exception:
            log.exception("a delivery to %s failed in a way that nobody thought of", letter.host)
            result = NetError("net-failed", "failed here")
        attempts = max(letter.attempts, letter.failures)
        verdict = judge(result, attempts, self._context.clock.now(), self._jitter())
        self._results.append((letter, replace(verdict, form=form)))
        self.wake()

    async def _knock(self, letter: Letter) -> tuple[Response, Form | None]:
        """The answer, and what it tells of the form of signature that the host understands. Raises NetError."""
        form = envelope.first_form(letter)
        response = await self._send(letter, form)
        if envelope.was_not_understood(response):
            other = envelope.other_form(form)
            again = await self._send(letter, other)
            if again.ok:
                return again, other
        return response, envelope.learned(letter, response)

    async def _send(self, letter: Letter, form: Form) -> Response:
        return await self._net.fetch(await asyncio.to_thread(self._envelopes.make, letter, form))

    async def _settle(self) -> None:
        results, self._results = self._results, []
        if not results:
            return

        def write(tx: Tx) -> None:
            for letter, verdict in results:
                outbox.settle(tx, letter, verdict)

        try:
            await self._write(write)
        except BaseException:
            self._results = results + self._results
            raise
        for letter, verdict in results:
            self._under_way.pop(letter.id, None)
            _note(letter, verdict)

    async def _prune(self) -> None:
        now = self._context.clock.monotonic()
        if self._pruned_at is None or now - self._pruned_at >= PRUNE_SECONDS:
            self._pruned_at = now
            if self._context.clock.trusted():
                await self._write(outbox.prune)


def _note(letter: Letter, verdict: Verdict) -> None:
    if verdict.outcome is not Outcome.DONE:
        log.info("delivery to %s: %s, %s", letter.host, verdict.outcome.value, verdict.error)


def _chance() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - nothing secret
