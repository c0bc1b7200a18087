# SPDX-License-Identifier: AGPL-3.0-or-later
"""The router that is not there behaves as those that are."""

from dataclasses import replace

import pytest

from appliance.errors import HearthError
from appliance.internet.model import PUBLIC_PORTS, Mapping, PortControl
from appliance.system.clock import VirtualClock
from appliance.system.router import Manners, Mood, VirtualRouter

HTTP, HTTPS, QUIC = PUBLIC_PORTS
NAS = Mapping(HTTPS, "192.168.1.5", None, "DSM", "nas")


class Home:
    """A home in which somebody changes the router's manners."""

    def __init__(self, **manners: object) -> None:
        self.manners = Manners(**manners)  # type: ignore[arg-type]
        self.clock = VirtualClock()
        self.router = VirtualRouter(self.clock, lambda: self.manners)

    def change(self, **manners: object) -> None:
        self.manners = replace(self.manners, **manners)  # type: ignore[arg-type]

    def held(self) -> list[tuple[int, str]]:
        return [(each.port.outside, each.host) for each in self.router.look(PUBLIC_PORTS).mappings]


def test_a_port_is_ours_for_as_long_as_its_lease():
    home = Home()
    assert home.router.open(HTTP, 100).seconds == 100
    home.clock.advance(60)
    assert home.router.look(PUBLIC_PORTS).mappings == (Mapping(HTTP, "192.168.1.20", 40, "Hearth", lease=100),)
    home.router.open(HTTP, 100)
    home.clock.advance(60)
    assert home.held() == [(80, "192.168.1.20")]
    home.clock.advance(60)
    assert home.held() == []


def test_it_can_demand_that_mappings_have_no_end():
    home = Home(permanent_only=True)
    assert home.router.open(HTTP).seconds is None
    home.clock.advance(10**6)
    assert home.held() == [(80, "192.168.1.20")]
    home.router.close(PUBLIC_PORTS)
    assert home.held() == []


def test_a_restart_forgets_everything():
    home = Home()
    home.router.open(HTTP)
    home.router.open_pinhole(HTTPS, 100)
    assert home.router.look(PUBLIC_PORTS).pinholes == (HTTPS,)
    assert home.router.look(PUBLIC_PORTS).due == ()
    home.clock.advance(50)
    assert home.router.look(PUBLIC_PORTS).due == (HTTPS,)
    home.change(restarts=1)
    assert home.router.look(PUBLIC_PORTS) == replace(
        home.router.look(()), control=PortControl.UPNP, mappings=(), pinholes=()
    )
    home.router.open(HTTP)
    assert home.held() == [(80, "192.168.1.20")]


def test_a_rival_is_named_and_stays():
    home = Home(rivals=(NAS,))
    with pytest.raises(HearthError, match="Port 443 is used by nas") as caught:
        home.router.open(HTTPS)
    assert caught.value.key == "port-taken"
    found = home.router.look(PUBLIC_PORTS)
    assert found.mappings == (NAS,)
    assert found.refused == ((HTTPS, "port-taken"),)
    home.router.open(QUIC)  # TCP and UDP are not the same
    home.router.close([HTTPS])
    assert NAS in home.router.look(PUBLIC_PORTS).mappings
    home.change(rivals=())
    home.router.open(HTTPS)
    assert home.router.look(PUBLIC_PORTS).refused == ()


@pytest.mark.parametrize(
    ("mood", "key"),
    [
        (Mood.SILENT, "router-silent"),
        (Mood.STRANGE, "router-strange"),
        (Mood.REFUSING, "router-refuses"),
        (Mood.LYING, "router-refuses"),
    ],
)
def test_each_bad_mood_has_its_error(mood, key):
    home = Home(mood=mood)
    for call in (home.router.open, home.router.open_pinhole):
        with pytest.raises(HearthError) as caught:
            call(HTTP)
        assert caught.value.key == key
        assert caught.value.remedy


def test_a_silent_router_has_no_control_and_a_strange_one_cannot_be_looked_at():
    home = Home(mood=Mood.SILENT)
    assert home.router.look(PUBLIC_PORTS).control is None
    home.change(mood=Mood.STRANGE)
    with pytest.raises(HearthError, match="make no sense"):
        home.router.look(PUBLIC_PORTS)
