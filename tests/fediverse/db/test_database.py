# SPDX-License-Identifier: AGPL-3.0-or-later
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.ids import floor
from appliance.fediverse.db.tables import tags
from appliance.system.clock import VirtualClock


def test_ids_grow_with_time(database: Database, clock: VirtualClock) -> None:
    with database.write() as tx:
        first, second = tx.next_id(), tx.next_id()
    clock.advance(1)
    with database.write() as tx:
        third = tx.next_id()
    assert first == floor(clock.now()) - (1000 << 16)
    assert first < second < third


def test_ids_never_go_back_though_the_clock_does(database: Database, clock: VirtualClock) -> None:
    with database.write() as tx:
        before = tx.next_id()
    clock.advance(-3600)
    with database.write() as tx:
        assert tx.next_id() > before


def test_what_fails_leaves_nothing_behind(database: Database) -> None:
    done: list[str] = []

    def fail() -> None:
        with database.write() as tx:
            tx.execute(sa.insert(tags).values(id=tx.next_id(), name="tea"))
            tx.after_commit.append(lambda: done.append("told"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as tx:
        assert tx.all(sa.select(tags)) == []
    assert done == []


def test_after_commit_runs_when_others_can_read_what_was_written(database: Database) -> None:
    seen: list[int] = []

    def look() -> None:
        with database.read() as tx:
            seen.append(len(tx.all(sa.select(tags))))

    with database.write() as tx:
        tx.execute(sa.insert(tags).values(id=tx.next_id(), name="tea"))
        tx.after_commit.append(look)
    assert seen == [1]


def test_a_full_disk_is_said_so(database: Database) -> None:
    def write_too_much() -> None:
        with database.write() as tx:
            if database.engine.dialect.name == "sqlite":
                tx.connection.exec_driver_sql("PRAGMA max_page_count = 1")
            else:
                tx.connection.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$")
            tx.execute(sa.insert(tags).values(id=tx.next_id(), name="tea" * 100_000))

    with pytest.raises(HearthError) as caught:
        write_too_much()
    assert (caught.value.key, caught.value.status) == ("disk-full", 507)
    with database.read() as tx:
        assert tx.all(sa.select(tags)) == []


def test_many_writers_on_one_file_all_get_their_turn(database: Database, clock: VirtualClock) -> None:
    other = Database(database.engine.url.render_as_string(), clock)

    def write(number: int) -> None:
        with (database if number % 2 else other).write() as tx:
            tx.execute(sa.insert(tags).values(id=tx.next_id(), name=f"tag{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))
    other.close()
    with database.read() as tx:
        assert len(tx.all(sa.select(tags))) == 80
