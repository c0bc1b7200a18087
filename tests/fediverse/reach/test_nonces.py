# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from appliance.fediverse.reach.nonces import MOST, SECONDS, Nonces, is_one, proof
from appliance.system.clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def nonces(clock: VirtualClock) -> Nonces:
    return Nonces(clock)


def test_who_came_is_known_by_what_it_brought(nonces: Nonces) -> None:
    first, second = nonces.make(4), nonces.make(4)
    assert is_one(first)
    assert first != second
    assert nonces.came(first) == frozenset()
    assert nonces.meet(first, "http", "9.9.9.9") == proof(first) != first
    nonces.meet(first, "https", "::ffff:9.9.9.9")
    assert nonces.came(first) == {"http", "https"}
    assert nonces.came(second) == frozenset()


def test_who_takes_another_way_than_the_one_asked_about_is_answered_and_not_counted(nonces: Nonces) -> None:
    for version, other in ((4, "2600::1"), (6, "9.9.9.9"), (4, "nonsense")):
        nonce = nonces.make(version)
        assert nonces.meet(nonce, "https", other) == proof(nonce)
        assert nonces.came(nonce) == frozenset()


@pytest.mark.parametrize("nonce", ["", "0" * 32, "x" * 1_000_000, "../secrets"])
def test_what_nobody_waits_for_is_not_answered(nonces: Nonces, nonce: str) -> None:
    nonces.make(4)
    assert nonces.meet(nonce, "http", "9.9.9.9") is None


def test_nothing_is_waited_for_without_end(nonces: Nonces, clock: VirtualClock) -> None:
    old = nonces.make(4)
    clock.advance(SECONDS)
    assert nonces.meet(old, "http", "9.9.9.9") is None
    many = [nonces.make(4) for _ in range(MOST + 1)]
    assert nonces.meet(many[0], "http", "9.9.9.9") is None
    assert nonces.meet(many[-1], "http", "9.9.9.9") == proof(many[-1])
