# SPDX-License-Identifier: AGPL-3.0-or-later
"""The companion's task that has uploads worked on, one at a time: two would not be done sooner on a small board."""

import asyncio

from appliance.fediverse.companion.tasks import Turns
from appliance.fediverse.context import Context
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.work import work_on_next
from appliance.fediverse.media.workshop import Workshop

LOOK_SECONDS = 60.0
WEAK_SECONDS = 5.0


class MediaWorker(Turns):
    topics = frozenset({Topic.MEDIA})

    def __init__(self, context: Context, workshop: Workshop, strength: Strength) -> None:
        super().__init__()
        self._context = context
        self._workshop = workshop
        self._strength = strength
        self._begun = False

    async def turn(self) -> float:
        if not self._begun:
            self._begun = True
            await asyncio.to_thread(self._context.store.clear_workplaces)
        while self._strength.is_good():
            if not await asyncio.to_thread(work_on_next, self._context, self._workshop):
                return LOOK_SECONDS
            await asyncio.sleep(0)
        return WEAK_SECONDS
