# SPDX-License-Identifier: AGPL-3.0-or-later
"""Task: one of the things that the companion does side by side in one loop (`roster` has them all).

A task runs until told to stop, and is woken when something was committed that concerns it. Nudges can be lost, so
each looks by itself now and then; what must not be lost lies in the database.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol, TypeVar

from appliance.errors import Unavailable
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.topics import Topic

WAIT_SECONDS = 5.0
T = TypeVar("T")


class Task(Protocol):
    @property
    def topics(self) -> frozenset[Topic]:
        """What wakes it."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`. If it raises, the companion ends, and the service manager starts it anew."""
        ...

    def wake(self) -> None:
        """Something was committed. Called in the loop; returns at once."""
        ...


class Turns(ABC):
    """A task that works in turns and sleeps between them."""

    topics: frozenset[Topic] = frozenset()

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    @abstractmethod
    async def turn(self) -> float:
        """Do what there is to do; seconds until the next turn at the latest. Unavailable: it is tried again soon."""

    async def finish(self) -> None:
        """After the last turn, whatever ended it."""
        return

    def wake(self) -> None:
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._woken.clear()
                try:
                    seconds = await self.turn()
                except Unavailable:
                    seconds = WAIT_SECONDS
                await self._sleep(seconds, stopping)
        finally:
            stopping.cancel()
            await self.finish()

    async def _sleep(self, seconds: float, stopping: "asyncio.Task[bool]") -> None:
        woken = asyncio.create_task(self._woken.wait())
        try:
            await asyncio.wait([woken, stopping], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()


class DatabaseTurns(Turns):
    """One that asks the database from its loop, which must not wait for it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context

    async def _read(self, work: Callable[[Tx], T]) -> T:
        def run() -> T:
            with self._context.database.read() as tx:
                return work(tx)

        return await asyncio.to_thread(run)

    async def _write(self, work: Callable[[Tx], None]) -> None:
        def run() -> None:
            with self._context.database.write() as tx:
                work(tx)

        await asyncio.to_thread(run)
