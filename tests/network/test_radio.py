# SPDX-License-Identifier: AGPL-3.0-or-later
"""The radio between two looks: a network that is chosen over the hotspot, rightly and wrongly."""

import pytest

from appliance.errors import BadInput, HearthError, Refused
from appliance.network import hotspot
from appliance.network.hotspot import PATIENCE_AT_START, Phase
from appliance.network.radio import Radio
from appliance.secret import Secret
from appliance.system.clock import VirtualClock
from appliance.system.virtual_wifi import VirtualWifi
from appliance.system.wifi import Outcome, WifiNetwork

RIGHT = WifiNetwork("Home", "GB", Secret("otters and fences"))
WRONG = WifiNetwork("Home", "GB", Secret("otters and lemons"))


class Bench:
    def __init__(self, **around: str) -> None:
        self.clock = VirtualClock()
        self.wifi = VirtualWifi(radio=True, around=dict(around))
        self.radio = Radio(self.wifi, self.clock, name="Hearth-1234")

    def open(self) -> None:
        self.radio.look()
        self.clock.advance(PATIENCE_AT_START)
        self.radio.look()
        assert self.radio.state.phase is Phase.OPEN
        self.wifi.open_hotspot(self.radio.name)
        self.radio.look()


@pytest.fixture
def bench() -> Bench:
    return Bench(Home="otters and fences")


def test_the_right_password_leads_home(bench):
    bench.open()
    assert bench.radio.join(RIGHT)
    bench.radio.look()
    assert bench.radio.state.phase is Phase.JOINING
    assert bench.radio.attempt(RIGHT)
    bench.radio.look()
    assert (bench.radio.state.phase, bench.radio.seen.connected) == (Phase.ONLINE, "Home")
    assert list(bench.wifi.remembered) == ["Home"]


def test_a_wrong_one_leads_back_and_is_not_remembered(bench):
    bench.open()
    bench.radio.join(WRONG)
    bench.radio.look()
    with pytest.raises(HearthError) as caught:
        bench.radio.attempt(WRONG)
    assert caught.value.key == "wifi-not-joined"
    bench.radio.look()
    assert (bench.radio.state.phase, bench.radio.state.outcome) == (Phase.OPEN, Outcome.WRONG_PASSWORD)
    assert not bench.wifi.remembered


def test_whoever_sends_twice_is_told_to_wait(bench):
    bench.open()
    bench.radio.join(RIGHT)
    with pytest.raises(Refused) as caught:
        bench.radio.join(RIGHT)
    assert caught.value.key == "wifi-busy"
    bench.radio.look()
    bench.radio.attempt(RIGHT)
    bench.radio.look()
    assert not bench.radio.join(RIGHT)


def test_where_no_hotspot_is_in_the_way_it_is_remembered_at_once(bench):
    assert not bench.radio.join(RIGHT)
    bench.radio.look()
    assert bench.radio.seen.connected == "Home"


def test_what_no_radio_could_do_is_refused_before_anything_ends(bench):
    bench.open()
    with pytest.raises(BadInput):
        bench.radio.join(WifiNetwork("Home", "GB", Secret("short")))
    bench.radio.look()
    assert bench.radio.state.phase is Phase.OPEN


def test_while_the_system_says_nothing_nothing_is_decided(bench, monkeypatch):
    def away():
        raise HearthError("bus-away", "No.")

    monkeypatch.setattr(bench.wifi, "look", away)
    bench.clock.advance(1000.0)
    bench.radio.look()
    assert bench.radio.state.phase is Phase.SEEKING


def test_a_press_is_heard_at_the_next_look(bench):
    bench.radio.tell(hotspot.pressed)
    bench.radio.look()
    assert bench.radio.state.phase is Phase.OPEN
