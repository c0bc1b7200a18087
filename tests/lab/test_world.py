# SPDX-License-Identifier: AGPL-3.0-or-later
"""That the lab is what it claims to be; what is built on it is tested in the files beside."""

import subprocess

import pytest

from tests.end_to_end.waiting import eventually
from tests.lab.asking import ask_for, ask_for_pinhole
from tests.lab.home import Home
from tests.lab.probes import asks, greeter
from tests.lab.router import Control
from tests.lab.world import World

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def home(world: World) -> Home:
    home = world.home("linden")
    _has_port(home)
    return home


def _has_port(home: Home) -> None:
    lan = str(home.router.lan.ip)
    assert eventually("the router opens a port", lambda: ask_for(home.box, lan, 8443, 443)) == 443


def test_home_is_reached_by_the_port_that_its_router_was_asked_for(world: World, home: Home) -> None:
    with greeter(home.box, 8443):
        assert asks(world.visitor, home.outside, 443) == world.visitor.address
        assert asks(world.visitor, home.outside, 8443, 0.5) is None


def test_home_reaches_out_by_the_address_of_its_router(world: World, home: Home) -> None:
    with greeter(world.visitor, 80):
        assert asks(home.box, world.visitor.address, 80) == home.outside


def test_home_is_reached_by_ipv6_only_through_a_pinhole(world: World, home: Home) -> None:
    assert home.address6 is not None
    with greeter(home.box, 8080), greeter(world.visitor, 80):
        assert asks(home.box, world.visitor.address6 or "", 80) == home.address6
        assert asks(world.visitor, home.address6, 8080, 0.5) is None
        ask_for_pinhole(home.box, f"{home.line.prefix}1", 8080)
        assert asks(world.visitor, home.address6, 8080) == world.visitor.address6


def test_hairpin_can_be_on_or_off(home: Home) -> None:
    with greeter(home.box, 8443):
        assert asks(home.box, home.outside, 443, 0.5) is None
        home.router.hairpin(True)
        try:
            assert asks(home.box, home.outside, 443) == str(home.router.lan.ip)
        finally:
            home.router.hairpin(False)


def test_router_can_rewrite_whom_it_lets_in(world: World, home: Home) -> None:
    home.router.rewrite_sources(True)
    try:
        with greeter(home.box, 8443):
            assert asks(world.visitor, home.outside, 443) == str(home.router.lan.ip)
    finally:
        home.router.rewrite_sources(False)


def test_router_hands_everything_to_its_dmz_host(world: World, home: Home) -> None:
    home.router.dmz_host(home.address, home.address6)
    try:
        with greeter(home.box, 9000):
            assert asks(world.visitor, home.outside, 9000) == world.visitor.address
            assert asks(world.visitor, home.address6 or "", 9000) == world.visitor.address6
    finally:
        home.router.dmz_host(None)
    with greeter(home.box, 9000):
        assert asks(world.visitor, home.outside, 9000, 0.5) is None


def test_provider_can_block_a_port(world: World, home: Home) -> None:
    home.line.block("tcp dport 443")
    try:
        with greeter(home.box, 8443):
            assert asks(world.visitor, home.outside, 443, 0.5) is None
    finally:
        home.line.block()
    with greeter(home.box, 8443):
        assert asks(world.visitor, home.outside, 443) is not None


def test_router_forgets_when_it_is_restarted_and_gets_a_new_address(world: World, home: Home) -> None:
    before = home.outside
    with greeter(home.box, 8443):
        home.router.on()
        assert asks(world.visitor, home.outside, 443, 0.5) is None
        _has_port(home)
        home.new_address()
        assert home.outside != before
        assert asks(world.visitor, home.outside, 443) == world.visitor.address
        assert asks(world.visitor, before, 443, 0.5) is None


def test_cables_can_be_pulled(world: World, home: Home) -> None:
    with greeter(world.visitor, 80):
        for pull, plug in ((home.pull_cable, home.plug_cable), (home.line.cut, home.line.mend)):
            pull()
            assert asks(home.box, world.visitor.address, 80, 0.5) is None
            plug()
            for address in (world.visitor.address, world.visitor.address6 or ""):
                eventually("the cable works again", lambda address=address: asks(home.box, address, 80, 0.5))
    with greeter(home.box, 8443):
        assert asks(world.visitor, home.outside, 443) is not None


def test_box_can_lose_its_address(world: World, home: Home) -> None:
    with greeter(world.visitor, 80):
        home.lose_address()
        assert asks(home.box, world.visitor.address, 80, 0.5) is None
        home.get_address()
        assert asks(home.box, world.visitor.address, 80) is not None


def test_a_rival_keeps_the_port_it_has(world: World, home: Home) -> None:
    nas = home.host("nas", 20)
    home.router.on()
    lan = str(home.router.lan.ip)
    assert eventually("the router opens a port", lambda: ask_for(nas, lan, 5001, 443)) == 443
    assert ask_for(home.box, lan, 8443, 443) != 443
    with greeter(nas, 5001, "nas "), greeter(home.box, 8443):
        assert asks(world.visitor, home.outside, 443) == f"nas {world.visitor.address}"
    home.router.on()
    _has_port(home)


def test_two_routers_and_a_provider_each_hide_the_box(world: World) -> None:
    twice = world.home("quince", modem=Control())
    shared = world.home("rowan", carrier=True)
    with greeter(world.visitor, 80):
        for home in (twice, shared):
            assert asks(home.box, world.visitor.address, 80) == home.outside
            assert home.router.outside == str(home.first.lan.ip + 1) != home.outside
            with greeter(home.box, 8443):
                assert asks(world.visitor, home.outside, 443, 0.5) is None
        assert asks(shared.box, world.visitor.address6 or "", 80) == shared.address6


def test_nothing_is_left_of_a_world(lab: None) -> None:
    with World() as world:
        home = world.home("elder")
        process = home.box.start("sleeper", ["sleep", "60"])
        folder = world.folder
        names = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
        assert home.box.name in names
    assert process.poll() is not None
    assert not folder.exists()
    names = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    assert home.box.name not in names
