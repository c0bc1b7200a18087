# SPDX-License-Identifier: AGPL-3.0-or-later
"""Guests: counted by one process, seen by another."""

import os

from appliance.system.guests import Guests


def test_who_has_no_more_than_any_other_is_told_so() -> None:
    guests = Guests()
    guests.set(1, 3)
    assert guests.fewest(1), "alone"
    guests.set(2, 2)
    assert (guests.fewest(1), guests.fewest(2)) == (False, True)
    guests.set(2, 3)
    assert guests.fewest(1)
    assert guests.fewest(2)


def test_a_worker_that_is_gone_keeps_nobody_waiting() -> None:
    guests = Guests()
    guests.set(1, 5)
    guests.set(2, 0)
    guests.gone(2)
    assert guests.fewest(1)


def test_a_crowd_is_no_more_than_a_crowd() -> None:
    guests = Guests()
    guests.set(1, 5_000)
    guests.set(65 + 1, 5_000)
    assert guests.fewest(1)
    assert guests.fewest(66)


def test_another_process_sees_it() -> None:
    guests = Guests()
    guests.set(1, 1)
    child = os.fork()
    if not child:
        guests.set(2, 0)
        os._exit(0)
    os.waitpid(child, 0)
    assert not guests.fewest(1)
