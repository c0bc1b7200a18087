# SPDX-License-Identifier: AGPL-3.0-or-later
"""Wi-Fi over the command socket: chosen over the hotspot or beside it, and forgotten."""

import pytest

from appliance.errors import HearthError
from appliance.network.hotspot import PATIENCE_AT_START, UNUSED_FOR_GOOD
from appliance.secret import Secret
from appliance.status import JobState
from appliance.supervisor.protocol import WifiNetwork

RIGHT = WifiNetwork("Home", "GB", Secret("otters and fences"))
WRONG = WifiNetwork("Home", "GB", Secret("otters and lemons"))


@pytest.fixture
def alone(box):
    """A box with a radio and no cable, a minute after its start."""
    box.wifi.seen = box.wifi.seen.__class__(radio=True, cable=False)
    box.wifi.around["Home"] = "otters and fences"
    box.look()
    box.clock.advance(PATIENCE_AT_START)
    box.look()
    assert box.wifi.hotspot
    box.look()
    return box


def ended(box):
    return box.wait_for(lambda status: status.jobs and status.jobs[0].state is not JobState.RUNNING).jobs[0]


def test_a_box_with_a_cable_remembers_at_once(box):
    assert not box.client.wifi_join(RIGHT)
    assert box.supervisor.core.settings.wifi_country == "GB"
    box.look()
    assert box.client.wifi_look().known == ("Home",)
    box.client.wifi_forget("Home")
    box.look()
    assert box.client.wifi_look().known == ()
    with pytest.raises(HearthError):
        box.client.wifi_forget("Home")


def test_what_is_near_is_told_while_the_hotspot_is_open(alone):
    view = alone.client.wifi_look()
    assert [each.ssid for each in view.nearby] == ["Home"]
    assert (view.tried, view.failure, view.country) == ("", "", "")


def test_a_wrong_password_brings_the_hotspot_back_and_the_right_one_ends_it(alone):
    assert alone.client.wifi_join(WRONG)
    assert ended(alone).state is JobState.FAILED
    alone.look()
    view = alone.client.wifi_look()
    assert (view.tried, view.known) == ("Home", ())
    assert "password" in view.failure
    assert alone.wifi.hotspot
    assert alone.client.wifi_join(RIGHT)
    assert ended(alone).state is JobState.DONE
    alone.look()
    alone.look()
    assert alone.client.wifi_look().connected == "Home"
    assert not alone.wifi.hotspot


def test_pages_keep_it_open_and_the_button_opens_it_again(alone):
    alone.clock.advance(UNUSED_FOR_GOOD - 1)
    alone.client.wifi_used()
    alone.look()
    alone.clock.advance(UNUSED_FOR_GOOD - 1)
    alone.look()
    assert alone.wifi.hotspot
    alone.clock.advance(1)
    alone.look()
    assert not alone.wifi.hotspot
    alone.press()
    alone.look()
    assert alone.wifi.hotspot


def test_a_bad_country_changes_nothing(alone):
    with pytest.raises(HearthError):
        alone.client.wifi_join(WifiNetwork("Home", "gb", RIGHT.password))
    assert alone.supervisor.core.settings.wifi_country is None
