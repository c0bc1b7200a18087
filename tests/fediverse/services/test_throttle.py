# SPDX-License-Identifier: AGPL-3.0-or-later
from pathlib import Path

import pytest

from appliance.fediverse.db.database import Database
from appliance.fediverse.services import throttle
from appliance.fediverse.services.throttle import TooManyTries
from appliance.system.clock import VirtualClock

LIMIT = throttle.by_account("login", "ada", free=5)


def fail(database: Database, times: int, limit: throttle.Throttle = LIMIT) -> None:
    for _ in range(times):
        with database.write() as tx:
            throttle.fail(tx, limit)


def wait(database: Database, limit: throttle.Throttle = LIMIT) -> int:
    """Seconds that must pass before the next try; 0 if there may be one now."""
    with database.read() as tx:
        try:
            throttle.check(tx, limit)
        except TooManyTries as error:
            return error.retry_after
    return 0


def test_the_first_failures_are_free(database: Database) -> None:
    fail(database, 4)
    assert wait(database) == 0


def test_waits_grow_and_end(database: Database, clock: VirtualClock) -> None:
    fail(database, 5)
    first = wait(database)
    assert first > 0
    clock.advance(first)
    assert wait(database) == 0
    fail(database, 1)
    assert wait(database) == 2 * first


def test_no_wait_is_longer_than_the_window(database: Database) -> None:
    fail(database, 60)
    assert wait(database) == throttle.WINDOW_SECONDS


def test_the_window_slides(database: Database, clock: VirtualClock) -> None:
    """Failures spread over more than a window count all, as long as no window passes without one."""
    for _ in range(6):
        fail(database, 1)
        clock.advance(throttle.WINDOW_SECONDS - 1)
    fail(database, 1)
    assert wait(database) > 0
    clock.advance(throttle.WINDOW_SECONDS + 1)
    fail(database, 1)
    assert wait(database) == 0


def test_a_restart_does_not_help(database: Database, tmp_path: Path, clock: VirtualClock) -> None:
    fail(database, 9)
    before = wait(database)
    database.close()
    again = Database(str(database.engine.url), clock)
    assert wait(again) == before > 0
    again.close()


def test_a_clock_that_was_corrected_locks_nobody_out(database: Database, clock: VirtualClock) -> None:
    fail(database, 9)
    clock.advance(-365 * 24 * 3600)
    assert wait(database) == 0
    fail(database, 1)
    assert wait(database) > 0


def test_success_clears_the_account_and_forgives_the_address(database: Database) -> None:
    address = throttle.by_address("login", "192.0.2.1", free=5)
    fail(database, 5)
    fail(database, 5, address)
    with database.write() as tx:
        throttle.clear(tx, LIMIT)
        throttle.forgive(tx, address)
    assert wait(database) == 0
    assert wait(database, address) == 0
    fail(database, 1, address)
    assert wait(database, address) > 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("this box", "this box", True),
    ],
)
def test_ipv6_counts_by_its_network(one: str, other: str, same: bool) -> None:
    assert (throttle.by_address("login", one) == throttle.by_address("login", other)) is same


def test_keys_that_strangers_choose_stay_short() -> None:
    assert len(throttle.by_account("login", "x" * 10_000).key) <= 100
