# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tasks of the companion: woken by what concerns them, patient with a busy database, stopped together."""

import asyncio

import pytest

from appliance.errors import Unavailable
from appliance.fediverse.companion import main, tasks
from appliance.fediverse.companion.tasks import Turns


class Counting(Turns):
    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.turns = 0
        self.finished = False
        self.error = error

    async def turn(self) -> float:
        self.turns += 1
        if self.error:
            raise self.error
        return 3600.0

    async def finish(self) -> None:
        self.finished = True


async def until(task: Counting, turns: int) -> None:
    async with asyncio.timeout(10):
        while task.turns < turns:
            await asyncio.sleep(0)


def test_it_works_when_woken_and_finishes_when_stopped() -> None:
    async def work() -> Counting:
        task, stop = Counting(), asyncio.Event()
        running = asyncio.create_task(task.run(stop))
        await until(task, 1)
        task.wake()
        await until(task, 2)
        stop.set()
        await running
        return task

    assert asyncio.run(work()).finished


def test_a_busy_database_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "WAIT_SECONDS", 0.0)

    async def work() -> None:
        task, stop = Counting(Unavailable("busy", "Busy.")), asyncio.Event()
        running = asyncio.create_task(task.run(stop))
        await until(task, 3)
        stop.set()
        await running

    asyncio.run(work())


def test_one_that_fails_ends_all() -> None:
    async def work() -> None:
        well, ill = Counting(), Counting(ZeroDivisionError())
        with pytest.raises(ZeroDivisionError):
            await main._until_stopped((well, ill), asyncio.Event())
        assert well.finished
        assert ill.finished

    asyncio.run(work())
