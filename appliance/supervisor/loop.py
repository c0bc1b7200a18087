# SPDX-License-Identifier: AGPL-3.0-or-later
"""The control loop: one thread, one inbox. All state of the supervisor is touched here and nowhere else, so
there are no locks. Other threads (commands, board, jobs) put work into the inbox."""

import logging
import queue
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from appliance.errors import Unavailable

ASK_SECONDS = 10.0

T = TypeVar("T")
log = logging.getLogger(__name__)


class Loop:
    def __init__(self) -> None:
        self._inbox: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()

    def tell(self, work: Callable[[], object]) -> None:
        """Have `work` done in the loop, some time soon."""
        self._inbox.put(work)

    def ask(self, work: Callable[[], T], *, timeout: float = ASK_SECONDS) -> T:
        """Have `work` done in the loop and wait for what it returns or raises. Never call this from the loop itself.

        Raises Unavailable when the loop is too busy; then the work is not done at all, or was just under way.
        """
        future: Future[T] = Future()

        def do() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

        self._inbox.put(do)
        try:
            return future.result(timeout)
        except FutureTimeout:
            future.cancel()
            raise Unavailable("busy", "The box is busy.") from None

    def stop(self) -> None:
        """Leave `run` after what is in the inbox now; safe in a signal handler."""
        self._inbox.put(None)

    def run(self, tick: Callable[[], float]) -> None:
        """Work until stopped. `tick` is called after each piece of work, and says how long to wait for the next."""
        seconds = 0.0
        while True:
            try:
                work = self._inbox.get(timeout=max(seconds, 0.001))
            except queue.Empty:
                work = _nothing
            if work is None:
                return
            _guarded(work, None)
            seconds = _guarded(tick, 1.0)


def _nothing() -> None:
    return None


def _guarded(work: Callable[[], T], otherwise: T) -> T:
    """One handler's mistake must not stop the box."""
    try:
        return work()
    except Exception:
        log.exception("work in the loop failed")
        return otherwise
