# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errands: asked once, tried again a few times, and never more than can be borne."""

import asyncio
from collections.abc import Callable

from appliance.errors import HearthError
from appliance.fediverse.companion.errands import Errands
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.services import errands
from appliance.fediverse.services.errands import Errand
from appliance.system.clock import VirtualClock


def turn(context: Context, run: Callable[[Context, str], None]) -> None:
    async def work() -> None:
        task = Errands(context)
        task._runners = {Errand.THREAD: run}
        await task.turn()

    asyncio.run(work())


def want(database: Database, subject: str) -> None:
    with database.write() as tx:
        errands.want(tx, Errand.THREAD, subject)


def test_the_same_is_asked_once_in_a_while(context: Context, database: Database, clock: VirtualClock) -> None:
    asked: list[str] = []
    for _ in range(3):
        want(database, "1")
        turn(context, lambda _, subject: asked.append(subject))
    assert asked == ["1"]
    clock.advance(16 * 60)
    want(database, "1")
    turn(context, lambda _, subject: asked.append(subject))
    assert asked == ["1", "1"]


def test_what_fails_is_tried_again_and_then_left(context: Context, database: Database, clock: VirtualClock) -> None:
    asked: list[str] = []

    def fail(_: Context, subject: str) -> None:
        asked.append(subject)
        raise HearthError("net-failed", "That server does not answer.")

    want(database, "1")
    for _ in range(20):
        turn(context, fail)
        clock.advance(10 * 60)
    assert len(asked) == errands.ATTEMPTS


def test_a_mistake_of_ours_ends_nothing(context: Context, database: Database) -> None:
    want(database, "nonsense")
    turn(context, lambda _, subject: print(int(subject)))
    with database.read() as tx:
        assert errands.due(tx, 10) == []


def test_strangers_cannot_make_us_want_without_end(database: Database) -> None:
    with database.write() as tx:
        for number in range(errands.MAX_WAITING + 10):
            errands.want(tx, Errand.MOVE, str(number))
        assert len(errands.due(tx, 10**6)) == errands.MAX_WAITING
