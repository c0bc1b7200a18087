# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pusher: brings pushes to push services, several at a time. What a restart interrupts is sent again."""

import asyncio
import logging
import random
from collections.abc import Callable

from appliance.fediverse.companion.tasks import WAIT_SECONDS, DatabaseTurns
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.delivery.verdict import delay
from appliance.fediverse.push import encryption, queue
from appliance.fediverse.push.queue import Outcome, Push
from appliance.fediverse.push.vapid import Sender
from appliance.fediverse.services import push_keys
from appliance.system.async_net import AsyncNet
from appliance.system.exchange import Limits, Request
from appliance.system.guard import NetError

AT_ONCE = 16
IDLE_SECONDS = 60.0  # the longest sleep: a nudge may be lost
MOST_ATTEMPTS = 8
_TTL = int(queue.OLD.total_seconds())  # how long the push service keeps it for a device that is off
_LIMITS = Limits(size=16 * 1024, seconds=10.0)
_GONE = frozenset((404, 410))
_MAY_PASS = frozenset((408, 425, 429))

log = logging.getLogger(__name__)


class Pusher(DatabaseTurns):
    """`jitter` gives numbers from -1 to 1."""

    topics = frozenset((Topic.PUSH,))

    def __init__(self, context: Context, net: AsyncNet, *, jitter: Callable[[], float] | None = None) -> None:
        super().__init__(context)
        self._net = net
        self._jitter = jitter or _chance
        self._urls = context.urls()

    async def turn(self) -> float:
        if not self._urls.federating:
            return IDLE_SECONDS
        if not self._context.clock.trusted():
            return WAIT_SECONDS  # what we sign says until when it counts
        sender = await self._read(self._sender)
        while sender and (pushes := await self._read(lambda tx: queue.due(tx, self._urls, AT_ONCE))):
            results = await asyncio.gather(*(self._push(sender, each) for each in pushes))
            await asyncio.to_thread(self._settle, pushes, results)
        seconds = await self._read(queue.next_due)
        return IDLE_SECONDS if seconds is None else min(seconds, IDLE_SECONDS)

    async def _push(self, sender: Sender, push: Push) -> Outcome:
        if push.text is None:
            return Outcome.DONE
        try:
            response = await self._net.fetch(await asyncio.to_thread(self._request, sender, push, push.text))
        except NetError as error:
            log.info("a push failed: %s", error.sentence)
            return Outcome.LATER if error.key != "net-refused" else Outcome.GONE
        except Exception:
            log.exception("a push failed in a way that nobody thought of")
            return Outcome.LATER
        if not response.ok:
            log.info("a push was answered %s", response.status)
        if response.status in _GONE:
            return Outcome.GONE
        return Outcome.LATER if response.status >= 500 or response.status in _MAY_PASS else Outcome.DONE

    def _request(self, sender: Sender, push: Push, text: bytes) -> Request:
        encrypt = encryption.standard if push.standard else encryption.draft
        message = encrypt(text, push.receiver)
        proof = sender.headers(push.endpoint, message, self._context.clock.now(), standard=push.standard)
        headers = {"Content-Type": "application/octet-stream", "TTL": str(_TTL), "Urgency": "normal", **proof}
        return Request(push.endpoint, "POST", headers, message.body, _LIMITS, follow=False)

    def _settle(self, pushes: list[Push], results: list[Outcome]) -> None:
        with self._context.database.write() as tx:
            for push, outcome in zip(pushes, results, strict=True):
                given_up = outcome is Outcome.LATER and push.attempts + 1 >= MOST_ATTEMPTS
                queue.settle(tx, push, Outcome.DONE if given_up else outcome, delay(push.attempts, self._jitter()))

    def _sender(self, tx: Tx) -> Sender | None:
        private = push_keys.private_key(tx)
        return None if private is None else Sender(push_keys.public_key(tx), private, self._urls.origin)


def _chance() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - nothing secret
