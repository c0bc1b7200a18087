# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gathering: what several threads want written, in one transaction, since making it durable costs as much as all else.

Whoever comes first leads: while it waits for its turn to write, others put their work beside its own, and all is
committed at once. Each still succeeds or fails alone (savepoints), and learns of it only after the commit.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from appliance.fediverse.db.transaction import Tx

MOST = 32  # in one transaction, so that other processes get their turn

T = TypeVar("T")


class _Entry:
    def __init__(self, work: Callable[[Tx], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.leads = False
        self.woken = threading.Event()  # it is done, or leads from now on


class Gathering:
    def __init__(self, write: Callable[[], AbstractContextManager[Tx]]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: deque[_Entry] = deque()
        self._led = False

    def do(self, work: Callable[[Tx], T]) -> T:
        """What the work hands back, once it is committed. Raises what the work raises, or what kept all from being
        written."""
        entry = _Entry(work)
        with self._lock:
            self._waiting.append(entry)
            if not self._led:
                self._led = entry.leads = True
        if not entry.leads:
            entry.woken.wait()
        if entry.leads:
            self._lead()
        if entry.error is not None:
            raise entry.error
        result: T = entry.result
        return result

    def _lead(self) -> None:
        """Write what waits, the leader's own first, and let the next one lead."""
        batch: list[_Entry] = []
        try:
            with self._write() as tx:
                batch = self._take()
                self._perform(tx, batch)
        except BaseException as error:
            batch = batch or self._take()
            for entry in batch:
                entry.error = entry.error or error
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._led = following is not None
                if following is not None:
                    following.leads = True
            for entry in [*batch, *([following] if following else [])]:
                entry.woken.set()

    def _take(self) -> list[_Entry]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]

    def _perform(self, tx: Tx, batch: list[_Entry]) -> None:
        if len(batch) == 1:
            batch[0].result = batch[0].work(tx)
            return
        for entry in batch:
            tx.connection.exec_driver_sql("SAVEPOINT gathered")
            try:
                entry.result = entry.work(tx)
            except Exception as error:
                entry.error = error
                tx.connection.exec_driver_sql("ROLLBACK TO SAVEPOINT gathered")
            tx.connection.exec_driver_sql("RELEASE SAVEPOINT gathered")
