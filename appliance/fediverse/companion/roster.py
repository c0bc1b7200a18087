# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that the companion does. A new task is a line in `every`."""

from appliance.fediverse.companion.cards import CardTask
from appliance.fediverse.companion.errands import Errands
from appliance.fediverse.companion.tasks import Task
from appliance.fediverse.companion.timetable import Timetable
from appliance.fediverse.context import Context
from appliance.fediverse.delivery.courier import Courier
from appliance.fediverse.media.keeper import Keeper
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.sweeper import Sweeper
from appliance.fediverse.media.usage import UsageNote
from appliance.fediverse.media.work import FILMS, PICTURES
from appliance.fediverse.media.worker import MediaWorker
from appliance.fediverse.media.workshop import Workshop
from appliance.fediverse.push.pusher import Pusher
from appliance.fediverse.reach.reach import Reach
from appliance.fediverse.streaming.hub import Hub
from appliance.fediverse.streaming.task import StreamTask
from appliance.system.async_net import AsyncNet
from appliance.system.runner import SystemRunner


def every(here: Context, net: AsyncNet, strength: Strength, usage: UsageNote, reach: Reach) -> tuple[Task, ...]:
    hub = Hub(here.database)
    workshop = Workshop(SystemRunner())
    here.store.clear_workplaces()  # no child works yet
    return (
        Courier(here, net),
        Errands(here),
        Timetable(here),
        CardTask(here, net),
        MediaWorker(here, workshop, strength, PICTURES),
        MediaWorker(here, workshop, strength, FILMS),
        Keeper(here, net, workshop, strength),
        Sweeper(here, usage, strength),
        Pusher(here, net),
        hub,
        StreamTask(here, hub, reach),
    )
