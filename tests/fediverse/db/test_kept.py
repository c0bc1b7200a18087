# SPDX-License-Identifier: AGPL-3.0-or-later

import tracemalloc

import pytest
import sqlalchemy as sa

from appliance.fediverse.db import kept
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.kept import Answer
from appliance.fediverse.db.tables import tags
from appliance.system.clock import VirtualClock


class Counter:
    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> Answer:
        self.made += 1
        return Answer(b"x" * 1000, ())


@pytest.fixture
def make() -> Counter:
    return Counter()


def _commit(database: Database, name: str) -> None:
    with database.write() as tx:
        tx.execute(sa.insert(tags).values(id=tx.next_id(), name=name))


def test_an_answer_is_made_once_while_nothing_is_committed(database: Database, make: Counter) -> None:
    for _ in range(3):
        database.kept.get("key", make)
    with database.read() as tx:
        tx.all(sa.select(tags))
    database.kept.get("key", make)
    assert make.made == 1
    database.kept.get("other key", make)
    assert make.made == 2


def test_every_commit_of_anybody_ends_it(database: Database, make: Counter, clock: VirtualClock) -> None:
    elsewhere = Database(str(database.engine.url), clock)
    for number, other in enumerate((database, elsewhere, database)):
        database.kept.get("key", make)
        _commit(other, f"tag{number}")
    database.kept.get("key", make)
    elsewhere.close()
    assert make.made == 4


def test_a_commit_while_it_is_made_ends_it_too(database: Database) -> None:
    made = []

    def make() -> Answer:
        made.append(1)
        _commit(database, f"tag{len(made)}")
        return Answer(b"", ())

    database.kept.get("key", make)
    database.kept.get("key", make)
    assert len(made) == 2


def test_nothing_is_kept_for_long_or_without_limit(database: Database, make: Counter, clock: VirtualClock) -> None:
    database.kept.get("key", make)
    clock.advance(kept.MAX_SECONDS + 1)
    database.kept.get("key", make)
    assert make.made == 2
    for number in range(kept.MAX_BYTES // 1000):
        database.kept.get(number, make)
    made = make.made
    database.kept.get(kept.MAX_BYTES // 1000 - 1, make)
    assert make.made == made
    database.kept.get("key", make)
    assert make.made == made + 1


def test_long_questions_and_small_answers_take_no_more_room_than_others(database: Database) -> None:
    tracemalloc.start()
    try:
        for number in range(4000):
            database.kept.get(f"{number}" * 1000, lambda: Answer(b"[]", ()))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 2 * kept.MAX_BYTES


def test_what_is_made_anew_takes_the_room_of_the_old(database: Database, clock: VirtualClock) -> None:
    made = []

    def make() -> Answer:
        made.append(1)
        return Answer(b"x" * (kept.MAX_BYTES // 3), ())

    for _ in range(5):
        database.kept.get("key", make)
        clock.advance(kept.MAX_SECONDS + 1)
    database.kept.get("key", make)
    database.kept.get("key", make)
    assert len(made) == 6


def test_failures_are_not_kept(database: Database, make: Counter) -> None:
    def fail() -> Answer:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.kept.get("key", fail)
    database.kept.get("key", make)
    assert make.made == 1
