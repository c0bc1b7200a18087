# SPDX-License-Identifier: AGPL-3.0-or-later
import asyncio
from datetime import timedelta

from appliance.fediverse.companion.timetable import IDLE_SECONDS, WAIT_SECONDS, Timetable
from appliance.fediverse.context import Context
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import Person


def test_what_is_due_is_done_and_the_next_is_waited_for(anna: Person, context: Context, clock: VirtualClock) -> None:
    task = Timetable(context)
    assert asyncio.run(task.turn()) == IDLE_SECONDS
    when = clock.now() + timedelta(minutes=10)
    anna.toot("later", scheduled_at=when.isoformat(), poll={"options": ["a", "b"], "expires_in": 300})
    clock.advance(590)
    assert asyncio.run(task.turn()) == 10
    assert anna.get(f"/api/v1/accounts/{anna.id}/statuses") == []
    clock.advance(10)
    asyncio.run(task.turn())
    assert len(anna.get(f"/api/v1/accounts/{anna.id}/statuses")) == 1
    clock.advance(300)
    asyncio.run(task.turn())
    assert [notice["type"] for notice in anna.get("/api/v1/notifications")] == ["poll"]


def test_nothing_has_its_time_while_the_clock_is_not_set(context: Context, clock: VirtualClock) -> None:
    clock.is_trusted = False
    assert asyncio.run(Timetable(context).turn()) == WAIT_SECONDS
