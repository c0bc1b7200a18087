# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ports opened at real routers (miniupnpd) by the real door: PCP, NAT-PMP and UPnP, rivals and restarts."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from appliance.errors import HearthError
from appliance.internet.model import PUBLIC_PORTS, Link, Port, PortControl, Protocol
from appliance.internet.model import Router as Seen
from appliance.internet.ports import Open, OpenPinhole, plan, rivals_of
from appliance.system.clock import SystemClock
from appliance.system.interfaces import SystemInterfaces
from appliance.system.router.announcements import SystemAnnouncements
from appliance.system.router.asking import ask
from appliance.system.router.system import SystemRouter
from appliance.system.router.words import Answer, Question, Verb
from appliance.system.runner import SystemRunner
from tests.end_to_end.waiting import eventually
from tests.lab.home import Home
from tests.lab.probes import asks, greeter
from tests.lab.router import Control
from tests.lab.spaces import Namespace
from tests.lab.world import World
from tests.repository import ROOT

pytestmark = pytest.mark.timeout(120)
HTTP, HTTPS, QUIC = PUBLIC_PORTS


class Interfaces(SystemInterfaces):
    """Of a machine that knows its own id; a build machine may have none."""

    def machine(self) -> str:
        return "a machine in the lab"


@dataclass
class Box:
    """The door as the supervisor in this home would hold it: children inherit the thread's network."""

    home: Home
    door: SystemRouter

    def look(self) -> Seen:
        with self.home.box.inside():
            return self.door.look(PUBLIC_PORTS)

    def open_all(self) -> None:
        with self.home.box.inside():
            for port in PUBLIC_PORTS:
                self.door.open(port)

    def held(self) -> set[tuple[str, int, str]]:
        found = self.look().mappings
        return {(each.port.protocol.value, each.port.outside, each.host) for each in found}

    def close(self) -> None:
        with self.home.box.inside():
            self.door.close(PUBLIC_PORTS)

    def ours(self) -> set[tuple[str, int, str]]:
        return {(port.protocol.value, port.outside, self.home.address) for port in PUBLIC_PORTS}


def box_at(home: Home) -> Box:
    box = Box(home, SystemRouter(SystemRunner(), Interfaces(), SystemClock()))
    if home.router.control.upnp or home.router.control.natpmp:
        eventually("the router answers", lambda: box.look().control)
    return box


@pytest.fixture(scope="module")
def home(world: World) -> Home:
    return world.home("linden")


@pytest.fixture
def box(home: Home) -> Iterator[Box]:
    """At a router that was just switched on and speaks everything."""
    home.router.set_control(Control())
    yield box_at(home)
    home.router.set_control(Control())


@pytest.mark.parametrize(
    ("control", "speaks"),
    [
        (Control(upnp=False), PortControl.PCP),
        (Control(natpmp=False), PortControl.UPNP),
        (Control(), PortControl.PCP),
    ],
    ids=["pcp", "upnp", "both"],
)
def test_visitors_get_in_until_the_ports_are_closed(
    world: World, home: Home, control: Control, speaks: PortControl
) -> None:
    home.router.set_control(control)
    box = box_at(home)
    seen = box.look()
    assert (seen.control, seen.outside, seen.mappings) == (speaks, home.outside, ())
    box.open_all()
    assert box.held() == box.ours()
    with greeter(home.box, 8080), greeter(home.box, 8443):
        assert asks(world.visitor, home.outside, 80) == world.visitor.address
        assert asks(world.visitor, home.outside, 443) == world.visitor.address
        box.close()
        assert box.held() == set()
        assert asks(world.visitor, home.outside, 80, 0.5) is None
        assert asks(world.visitor, home.outside, 443, 0.5) is None


def test_nat_pmp_alone_does_it_too(world: World, box: Box) -> None:
    home = box.home

    def ask_for(verb: Verb, seconds: int) -> Answer:
        way = (PortControl.NAT_PMP,)
        question = Question(verb, way, home.address, str(home.router.lan.ip), (HTTPS,), seconds, patience=0.3)
        with home.box.inside():
            return ask(SystemRunner(), question)

    assert ask_for(Verb.LOOK, 0).outside == home.outside
    assert ask_for(Verb.OPEN, 600).lease == 600
    with greeter(home.box, 8443):
        assert asks(world.visitor, home.outside, 443) == world.visitor.address
        assert ask_for(Verb.CLOSE, 0).trouble is None
        assert asks(world.visitor, home.outside, 443, 0.5) is None


def test_pinholes_let_ipv6_in_until_they_are_closed(world: World, box: Box) -> None:
    home = box.home
    address6 = home.address6 or ""
    with greeter(home.box, 443):
        assert asks(world.visitor, address6, 443, 0.5) is None
        with home.box.inside():
            assert box.door.open_pinhole(HTTPS, 600) == 600
        assert asks(world.visitor, address6, 443) == world.visitor.address6
        assert box.look().pinholes == (HTTPS,)
        box.close()
        assert asks(world.visitor, address6, 443, 0.5) is None


def test_where_there_is_no_ipv4_pinholes_are_all_there_is(world: World, box: Box) -> None:
    class Only6(Interfaces):
        def link(self) -> Link:
            return replace(super().link(), address=None, gateway=None)

    door = SystemRouter(SystemRunner(), Only6(), SystemClock())
    with box.home.box.inside():
        link, seen = Only6().link(), door.look(PUBLIC_PORTS)
        assert list(plan(PUBLIC_PORTS, seen, link)) == [OpenPinhole(each) for each in PUBLIC_PORTS]
        for port in PUBLIC_PORTS:
            door.open_pinhole(port)
        assert list(plan(PUBLIC_PORTS, door.look(PUBLIC_PORTS), link)) == []
    with greeter(box.home.box, 443):
        assert asks(world.visitor, box.home.address6 or "", 443) == world.visitor.address6
        with box.home.box.inside():
            door.close(PUBLIC_PORTS)
        assert asks(world.visitor, box.home.address6 or "", 443, 0.5) is None


def test_through_the_boxs_own_firewall(world: World, home: Home) -> None:
    home.router.set_control(Control(natpmp=False))
    home.box.nft((ROOT / "image/overlay/etc/nftables.conf").read_text())
    home.box.run([ROOT / "image/overlay/usr/lib/hearth/neighbours"])
    try:
        box = box_at(home)
        box.open_all()
        assert box.held() == box.ours()
    finally:
        home.box.nft("flush ruleset")


@pytest.fixture(scope="module")
def nas(home: Home) -> Namespace:
    """Another machine at home, that wants to be reached by the same port."""
    return home.host("nas", 20)


def ask_as(nas: Namespace, home: Home, control: PortControl, verb: Verb, seconds: int = 0) -> Answer:
    port, nonce = Port(Protocol.TCP, 443, 5001), "11" * 12
    question = Question(verb, (control,), nas.address, str(home.router.lan.ip), (port,), seconds, nonce, "DSM")
    with nas.inside():
        return ask(SystemRunner(), question)


@pytest.mark.parametrize(
    ("control", "by", "name"),
    [
        (Control(), PortControl.PCP, ""),
        (Control(natpmp=False), PortControl.UPNP, "DSM"),
        (Control(upnp=False), PortControl.PCP, "another machine"),
    ],
    ids=["both", "upnp", "pcp"],
)
def test_a_rival_keeps_its_port_until_it_gives_it_back(
    world: World, home: Home, nas: Namespace, control: Control, by: PortControl, name: str
) -> None:
    home.router.set_control(control)
    box = box_at(home)
    assert ask_as(nas, home, by, Verb.OPEN, 600).trouble is None
    for _ in range(2):
        with home.box.inside(), pytest.raises(HearthError, match=f"Port 443 is used by {name}") as caught:
            box.door.open(HTTPS)
        assert caught.value.key == "port-taken"
    seen = box.look()
    assert (HTTPS, "port-taken") in seen.refused
    if control.upnp:
        assert [each.host for each in seen.mappings] == [nas.address]
        assert rivals_of(PUBLIC_PORTS, seen, Link(True, "eth0", home.address))
    with greeter(nas, 5001, "nas "):
        box.close()
        assert asks(world.visitor, home.outside, 443) == f"nas {world.visitor.address}"
    ask_as(nas, home, by, Verb.CLOSE)
    box.open_all()
    assert box.held() == box.ours()


@pytest.mark.parametrize("control", [Control(upnp=False), Control(natpmp=False)], ids=["pcp", "upnp"])
def test_a_router_that_was_started_again_is_found_out_and_asked_again(
    world: World, home: Home, nas: Namespace, control: Control
) -> None:
    home.router.set_control(control)
    box = box_at(home)
    box.open_all()
    if control.natpmp:  # it has to have run for longer than clocks may differ
        eventually(
            "the router's clock goes on", lambda: (ask_as(nas, home, PortControl.PCP, Verb.LOOK).epoch or 0) > 12
        )
    home.router.on()
    eventually("the router answers again", lambda: box.look().control)
    link = Link(True, "eth0", home.address, str(home.router.lan.ip))
    assert list(plan(PUBLIC_PORTS, box.look(), link)) == [Open(each) for each in PUBLIC_PORTS]
    box.open_all()
    with greeter(home.box, 8443):
        assert asks(world.visitor, home.outside, 443) == world.visitor.address


def test_a_router_that_was_started_again_is_heard(box: Box) -> None:
    heard, ready = threading.Event(), threading.Event()

    class Watched(Interfaces):
        def link(self) -> Link:
            link = super().link()
            ready.set()
            return link

    def wait() -> None:
        with box.home.box.inside():
            SystemAnnouncements(Watched(), SystemClock()).wait()
        heard.set()

    threading.Thread(target=wait, daemon=True).start()
    assert ready.wait(10)

    def restarted() -> bool:
        box.home.router.on()
        return heard.wait(5)

    eventually("the router's first words are heard", restarted, seconds=40)


def test_after_a_power_cut_the_box_takes_up_its_ports_again(home: Home) -> None:
    for control in (Control(upnp=False), Control(natpmp=False)):
        home.router.set_control(control)
        box_at(home).open_all()
        box = box_at(home)
        box.open_all()
        assert box.held() == box.ours()
        box.close()
        assert box.held() == set()


def test_a_lease_that_ends_is_seen(home: Home) -> None:
    home.router.set_control(Control(natpmp=False))
    box = box_at(home)
    with home.box.inside():
        box.door.open(HTTP, 2)
    eventually("the lease ends", lambda: not box.held())


def test_who_stands_behind_a_router_that_refuses_is_told(world: World) -> None:
    """miniupnpd refuses where it has no address of the internet, and keeps that one to itself."""
    twice, shared = world.home("quince", modem=Control()), world.home("rowan", carrier=True)
    for home, between in ((twice, "192.168.250.1"), (shared, "100.64.3.1")):
        box = box_at(home)
        with home.box.inside(), pytest.raises(HearthError) as caught:
            box.door.open(HTTP)
        assert caught.value.key == "router-refuses"
        seen = box.look()
        assert (seen.outside, seen.beyond) == (None, between)
