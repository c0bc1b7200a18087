# SPDX-License-Identifier: AGPL-3.0-or-later
"""Waits after wrong guesses."""

import pytest

from appliance.errors import Refused
from appliance.supervisor.throttle import FREE_TRIES, LONGEST_WAIT, MAX_KEYS, Throttle
from appliance.system.clock import VirtualClock


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def throttle(clock):
    return Throttle(clock)


def refused(throttle, *keys):
    try:
        throttle.begin(*keys)
    except Refused as error:
        return error.key == "too-many-tries" and error.status == 429
    return False


def wear_out(throttle, key="anna"):
    for _ in range(FREE_TRIES):
        throttle.begin(key)


def test_a_few_tries_are_free(throttle):
    wear_out(throttle)
    assert refused(throttle, "anna")


def test_the_wait_grows_up_to_a_limit(throttle, clock):
    wear_out(throttle)
    waits = []
    for _ in range(12):
        waited = 0
        while refused(throttle, "anna"):
            clock.advance(5)
            waited += 5
        waits.append(waited)
    assert waits[:3] == [10, 20, 40]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


def test_being_refused_does_not_count(throttle, clock):
    wear_out(throttle)
    for _ in range(100):
        assert refused(throttle, "anna")
    clock.advance(10)
    assert not refused(throttle, "anna")


def test_success_forgets(throttle):
    wear_out(throttle)
    throttle.succeed("anna")
    assert not refused(throttle, "anna")


def test_peace_forgets(throttle, clock):
    wear_out(throttle)
    clock.advance(3600)
    wear_out(throttle)


def test_one_worn_out_key_is_enough(throttle):
    wear_out(throttle, "address")
    assert refused(throttle, "someone", "address")
    assert not refused(throttle, "someone", "elsewhere")


def test_memory_is_bounded(throttle):
    for number in range(MAX_KEYS * 2):
        throttle.begin(f"{number}")
    assert len(throttle._failures) == MAX_KEYS


def test_what_is_guessed_at_from_very_many_addresses_stays_known(throttle, clock):
    tries = 0
    for number in range(3 * MAX_KEYS):
        clock.advance(1)
        tries += not refused(throttle, "account", f"address {number}")
    assert tries < 20
