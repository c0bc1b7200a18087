# SPDX-License-Identifier: AGPL-3.0-or-later
"""The companion's tasks that have uploads worked on: one picture at a time, since two would not be done sooner on a
small board, and beside it one film, since no picture should wait as long as that takes."""

import asyncio
import logging

from appliance.errors import HearthError
from appliance.fediverse.companion.tasks import Turns
from appliance.fediverse.context import Context
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.work import work_on_next
from appliance.fediverse.media.workshop import Workshop
from appliance.fediverse.model import MediaKind

LOOK_SECONDS = 60.0
WEAK_SECONDS = 5.0
FULL_SECONDS = 15.0

log = logging.getLogger(__name__)


class MediaWorker(Turns):
    topics = frozenset({Topic.MEDIA})

    def __init__(self, context: Context, workshop: Workshop, strength: Strength, kinds: tuple[MediaKind, ...]) -> None:
        super().__init__()
        self._context = context
        self._workshop = workshop
        self._strength = strength
        self._kinds = kinds

    async def turn(self) -> float:
        while self._strength.is_good():
            try:
                more = await asyncio.to_thread(work_on_next, self._context, self._workshop, self._kinds)
            except HearthError as error:  # a full disk, above all: there may be room again soon
                log.warning("uploads can't be worked on now: %s", error)
                return FULL_SECONDS
            if not more:
                return LOOK_SECONDS
            await asyncio.sleep(0)
        return WEAK_SECONDS
