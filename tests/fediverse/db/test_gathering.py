# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many threads, few transactions; each work alone in what becomes of it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.db.database import Database, Tx
from appliance.fediverse.db.gathering import MOST, Gathering
from appliance.fediverse.db.tables import tags

THREADS = 2 * MOST


def put(name: str) -> Callable[[Tx], str]:
    def work(tx: Tx) -> str:
        tx.execute(sa.insert(tags).values(id=tx.next_id(), name=name))
        return name

    return work


def names(database: Database) -> list[str]:
    with database.read() as tx:
        return [row.name for row in tx.all(sa.select(tags.c.name).order_by(tags.c.id))]


class Slow:
    """A database whose first transaction waits until it is told, and which counts them."""

    def __init__(self, database: Database) -> None:
        self.go = threading.Event()
        self.count = 0
        self.fails = False
        self._database = database
        self.gathering = Gathering(self._write)

    @contextmanager
    def _write(self) -> Iterator[Tx]:
        self.count += 1
        self.go.wait(10)
        with self._database.write() as tx:
            yield tx
            if self.fails:
                raise OSError("no more")


def all_at_once(slow: Slow, works: list[Callable[[Tx], Any]]) -> list[Any]:
    def run(work: Callable[[Tx], Any]) -> Any:
        try:
            return slow.gathering.do(work)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(run, work) for work in works]
        while len(slow.gathering._waiting) < len(works):
            pass
        slow.go.set()
        return [each.result(20) for each in running]


def test_what_waits_together_is_committed_together(database: Database) -> None:
    slow = Slow(database)
    wanted = [f"tag{number}" for number in range(THREADS)]
    assert all_at_once(slow, [put(name) for name in wanted]) == wanted
    assert sorted(names(database)) == sorted(wanted)
    assert slow.count == THREADS // MOST


def test_each_fails_alone(database: Database) -> None:
    def fail(tx: Tx) -> None:
        put("half")(tx)
        raise ValueError("no")

    results = all_at_once(Slow(database), [put("one"), fail, put("one"), put("two")])
    assert sum(isinstance(result, ValueError) for result in results) == 1
    assert sum(isinstance(result, sa.exc.IntegrityError) for result in results) == 1
    assert sorted(names(database)) == ["one", "two"]


def test_what_cannot_be_committed_is_nobodys_success(database: Database) -> None:
    slow = Slow(database)
    slow.fails = True
    results = all_at_once(slow, [put(f"tag{number}") for number in range(5)])
    assert [type(result) for result in results] == [OSError] * 5
    assert names(database) == []
    slow.fails = False
    assert slow.gathering.do(put("after")) == "after"


def test_a_single_one_that_fails_leaves_nothing(database: Database) -> None:
    def fail(tx: Tx) -> None:
        put("half")(tx)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.gather(fail)
    assert names(database) == []
    assert database.gather(put("whole")) == "whole"
