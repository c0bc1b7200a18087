# SPDX-License-Identifier: AGPL-3.0-or-later
"""The home network on the front panel: what is shown of it, and what its buttons do."""

import pytest

from appliance.board.virtual.home_network import DnsRecord, HomeNetwork, Nat
from appliance.board.virtual.panel.home import changed, look_at_home, mended, restarted
from appliance.errors import BadInput


def red(home: HomeNetwork) -> list[int]:
    """Which spots of the picture, from the left, are red."""
    return [number for number, spot in enumerate(look_at_home(home).spots) if spot.level == "red"]


def row(home: HomeNetwork, key: str) -> list[str]:
    rows = [each for group in look_at_home(home).groups for each in group.rows]
    return [choice.value for each in rows if each.key == key for choice in each.choices]


def test_every_button_does_what_it_says_and_can_be_taken_back() -> None:
    ordinary = HomeNetwork()
    for group in look_at_home(ordinary).groups:
        for each in group.rows:
            for choice in each.choices:
                home = changed(ordinary, each.key, choice.value)
                shown = next(now for rows in look_at_home(home).groups for now in rows.rows if now.key == each.key)
                assert shown.words != each.words
                assert choice not in shown.choices
                assert look_at_home(mended(home)) == look_at_home(ordinary)
    assert row(ordinary, "record") == ["missing", "wrong", "stale"]
    assert row(HomeNetwork(nat=Nat.ROUTER), "nat") == ["nobody", "carrier"]


def test_all_that_can_be_otherwise_has_its_buttons() -> None:
    keys = {each.key for group in look_at_home(HomeNetwork()).groups for each in group.rows}
    assert keys == set(HomeNetwork.__dataclass_fields__) - {"restarts"}


@pytest.mark.parametrize(
    ("home", "spots"),
    [
        (HomeNetwork(), []),
        (HomeNetwork(record=DnsRecord.STALE), [0]),
        (HomeNetwork(dns=False), [0]),
        (HomeNetwork(blocks_80=True), [1]),
        (HomeNetwork(blocks_443=True), [1]),
        (HomeNetwork(ipv6_only=True), [1]),
        (HomeNetwork(nat=Nat.CARRIER), [2]),
        (HomeNetwork(nat=Nat.ROUTER), [3]),
        (HomeNetwork(upnp=False), [4]),
        (HomeNetwork(upnp=False, forwarded=True), []),
        (HomeNetwork(rival=True), [4]),
        (HomeNetwork(cable=False), [5]),
        (HomeNetwork(clock=False), [6]),
    ],
)
def test_the_picture_shows_where_it_is(home: HomeNetwork, spots: list[int]) -> None:
    assert red(home) == spots


def test_a_click_into_the_picture_breaks_that_spot_and_a_second_one_mends_it() -> None:
    for number in range(len(look_at_home(HomeNetwork()).spots)):
        spot = look_at_home(HomeNetwork()).spots[number]
        broken = changed(HomeNetwork(), spot.key, spot.value)
        assert red(broken) == [number]
        again = look_at_home(broken).spots[number]
        assert changed(broken, again.key, again.value) == HomeNetwork()
        assert spot.words != again.words


def test_who_takes_a_port_gets_it_when_the_router_starts_anew() -> None:
    home = changed(HomeNetwork(), "rival", "yes")
    assert home.restarts == 1
    assert changed(home, "rival", "no").restarts == 1
    assert mended(restarted(home)) == HomeNetwork(restarts=2)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("", ""),
        ("cable", ""),
        ("cable", "True"),
        ("nat", "plague"),
        ("restarts", "1"),
        ("__class__", "x"),
        ("upnp", "é"),
    ],
)
def test_a_home_is_like_nothing_else(key: str, value: str) -> None:
    with pytest.raises(BadInput):
        changed(HomeNetwork(), key, value)
