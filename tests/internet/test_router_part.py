# SPDX-License-Identifier: AGPL-3.0-or-later
"""The router is looked at and asked."""

from dataclasses import replace

import pytest

from appliance.errors import HearthError
from appliance.internet.goal import Ask
from appliance.internet.model import PUBLIC_PORTS, Answered, Attempt, Goal, Link, Mapping, Outside, Router, Way
from appliance.internet.part import Scene
from appliance.internet.ports import Open, OpenAgain, OpenPinhole
from appliance.internet.router_part import RouterPart
from appliance.system.clock import VirtualClock
from appliance.system.router import Manners, Mood, VirtualRouter

HTTP, HTTPS, QUIC = PUBLIC_PORTS
LINK = Link(True, "eth0", "192.168.1.20", "192.168.1.1")
GOAL = Goal("box.example")
NAS = Mapping(HTTPS, "192.168.1.5", None, "DSM", "nas")


class Home:
    def __init__(self, **manners):
        self.clock = VirtualClock()
        self.manners = Manners(**manners)
        self.asked = 0
        self.part = RouterPart(VirtualRouter(self.clock, self._meet), self.clock)

    def _meet(self):
        self.asked += 1
        return self.manners

    def look(self):
        return self.part.look(Ask(GOAL, LINK))

    def actions(self, link=LINK):
        way = Way(self.clock.now(), link, router=self.look(), goal=GOAL)
        return list(self.part.actions(Scene(GOAL, way, clear=False)))

    def turn(self, link=LINK):
        for action in self.actions(link):
            self.part.apply(action)


def test_ports_are_opened_kept_and_given_back():
    home = Home()
    home.turn()
    for _ in range(5):
        home.clock.advance(3000)
        assert len(home.look().mappings) == 3
        home.turn()
    home.part.close()
    assert home.look().mappings == ()


def test_a_router_that_talks_nonsense_is_as_one_that_does_not_answer():
    assert Home(mood=Mood.STRANGE).look() == Router(None)


def test_a_box_with_an_address_of_the_internets_asks_nobody():
    assert Home().actions(replace(LINK, address="198.51.101.7")) == []


def test_a_port_that_was_taken_is_ours_soon_after_it_is_free():
    home = Home(rivals=(NAS,))
    with pytest.raises(HearthError, match="nas"):
        home.part.apply(Open(HTTPS))
    assert Open(HTTPS) not in home.actions()
    home.manners = Manners()
    home.turn()
    assert len(home.look().mappings) == 3


def test_a_router_without_pinholes_is_asked_for_them_more_and_more_seldom():
    home = Home(pinholes=False)
    moments = []
    for second in range(1800):
        before = home.asked
        home.part.apply(OpenPinhole(HTTP))
        if home.asked > before:
            moments.append(second)
        home.clock.advance(1)
    assert moments == [0, 5, 15, 35, 75, 155, 315, 635, 955, 1275, 1595]


def test_a_router_that_was_deaf_for_a_moment_is_asked_for_pinholes_soon_again():
    home = Home(mood=Mood.SILENT)
    home.part.apply(OpenPinhole(HTTP))
    home.manners = Manners()
    home.clock.advance(5)
    home.part.apply(OpenPinhole(HTTPS))
    assert home.look().pinholes == (HTTPS,)


def test_a_port_that_nobody_gets_through_is_asked_for_again_now_and_then():
    """A router may have forgotten, without having been started anew."""
    home = Home()
    for port in PUBLIC_PORTS:
        home.part.apply(Open(port))
    shut = Outside(seen4="8.8.4.4", attempts=(Attempt(HTTPS, "8.8.4.4", Answered.SILENT),))
    way = Way(home.clock.now(), LINK, router=home.look(), goal=GOAL, outside=shut)
    again = list(home.part.actions(Scene(GOAL, way, clear=False)))
    assert again == [OpenAgain(port) for port in PUBLIC_PORTS]
    assert home.actions() == []
    before = home.asked
    for _ in range(3):
        home.part.apply(again[0])
    assert home.asked == before + 1
    home.clock.advance(60)
    home.part.apply(again[0])
    assert home.asked == before + 2
