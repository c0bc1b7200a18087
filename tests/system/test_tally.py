# SPDX-License-Identifier: AGPL-3.0-or-later
import os

from appliance.system.tally import Tally


def test_what_is_counted_is_counted_by_window() -> None:
    tally = Tally(buckets=4)
    assert [tally.add(7, 1), tally.add(7, 1), tally.add(8, 1), tally.add(7, 2)] == [1, 2, 1, 1]
    assert (tally.count(7, 2), tally.count(8, 1), tally.count(9, 1)) == (1, 1, 0)


def test_negative_hashes_are_keys_too() -> None:
    tally = Tally(buckets=4)
    assert [tally.add(-3, 1), tally.add(-3, 1)] == [1, 2]


def test_when_all_is_full_the_least_counted_gives_way() -> None:
    tally = Tally(buckets=1)
    for key in range(4):
        for _ in range(key + 2):
            tally.add(key, 1)
    assert tally.add(100, 1) == 1
    assert tally.count(3, 1) == 5
    assert tally.count(0, 1) == 0, "it was counted least"


def test_a_window_that_is_over_gives_way_first() -> None:
    tally = Tally(buckets=1)
    for _ in range(50):
        tally.add(1, 1)
    for key in (2, 3, 4):
        tally.add(key, 2)
    tally.add(5, 2)
    assert [tally.count(key, 2) for key in (2, 3, 4, 5)] == [1, 1, 1, 1]


def test_a_fork_counts_with_its_parent() -> None:
    tally = Tally()
    tally.add(7, 1)
    child = os.fork()
    if child == 0:
        tally.add(7, 1)
        os._exit(0)
    os.waitpid(child, 0)
    assert tally.add(7, 1) == 3
