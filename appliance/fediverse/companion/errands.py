# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs errands, a few at a time, each in a thread of its own: other servers are slow, and nobody waits for this."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from appliance.errors import HearthError
from appliance.fediverse.activitypub.asking import runners
from appliance.fediverse.companion.tasks import WAIT_SECONDS, Turns
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.services import errands
from appliance.fediverse.services.errands import Wanted

AT_ONCE = 2
IDLE_SECONDS = 300.0

T = TypeVar("T")
log = logging.getLogger(__name__)


class Errands(Turns):
    topics = frozenset((Topic.ERRANDS,))

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._runners = runners()

    async def turn(self) -> float:
        if not self._context.urls().federating:
            return IDLE_SECONDS
        if not self._context.clock.trusted():
            return WAIT_SECONDS
        wanted = await asyncio.to_thread(self._read, lambda tx: errands.due(tx, AT_ONCE))
        await asyncio.gather(*(asyncio.to_thread(self._run, errand) for errand in wanted))
        seconds = await asyncio.to_thread(self._read, errands.next_due)
        return IDLE_SECONDS if seconds is None else min(seconds, IDLE_SECONDS)

    def _run(self, wanted: Wanted) -> None:
        settle = errands.done
        try:
            self._runners[wanted.errand](self._context, wanted.subject)
        except HearthError as error:
            log.info("errand %s %s: %s", wanted.errand.value, wanted.subject, error.sentence)
            settle = errands.failed
        except Exception:
            log.exception("errand %s %s failed in a way that nobody thought of", wanted.errand.value, wanted.subject)
        with self._context.database.write() as tx:
            settle(tx, wanted)

    def _read(self, work: Callable[[Tx], T]) -> T:
        with self._context.database.read() as tx:
            return work(tx)
