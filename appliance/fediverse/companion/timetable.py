# SPDX-License-Identifier: AGPL-3.0-or-later
"""Timetable: the task that does what has its time: posts are published, polls end and are told of, mutes end."""

import asyncio
from collections.abc import Callable

from appliance.fediverse.companion.tasks import Turns
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.services import mutes, polls, scheduled, tags
from appliance.fediverse.urls import Urls

IDLE_SECONDS = 60.0  # the longest sleep: a nudge may be lost
WAIT_SECONDS = 5.0  # while the clock is not set, nothing has its time


class Timetable(Turns):
    topics = frozenset({Topic.SCHEDULED})

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._urls = context.urls()

    async def turn(self) -> float:
        if not self._context.clock.trusted():
            return WAIT_SECONDS
        return await asyncio.to_thread(self._work)

    def _work(self) -> float:
        database = self._context.database
        if self._due_in() <= 0:
            while scheduled.publish_one(database, self._urls):
                pass
            for step in (polls.end_one, polls.tell_one, _end_mute, _forget_tags):
                while self._one(step):
                    pass
        return max(0.0, min(self._due_in(), IDLE_SECONDS))

    def _due_in(self) -> float:
        """Seconds until the next thing has its time."""
        with self._context.database.read() as tx:
            moments = [moment for each in (scheduled, polls, mutes, tags) if (moment := each.next_due(tx)) is not None]
            return min(((moment - tx.now_ms) / 1000 for moment in moments), default=IDLE_SECONDS)

    def _one(self, step: Callable[[Tx, Urls], bool]) -> bool:
        """Each in a transaction of its own, so that nobody who writes has to wait for many."""
        with self._context.database.write() as tx:
            return step(tx, self._urls)


def _end_mute(tx: Tx, _: Urls) -> bool:
    return mutes.end_one(tx)


def _forget_tags(tx: Tx, _: Urls) -> bool:
    return tags.forget_one(tx)
