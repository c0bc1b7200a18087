# SPDX-License-Identifier: AGPL-3.0-or-later
"""The door to the router, at routers that are played: real children ask them over the loopback interface."""

from dataclasses import replace

import pytest

from appliance.errors import HearthError
from appliance.internet.model import PUBLIC_PORTS, Link, Mapping, PortControl, Router
from appliance.system.clock import VirtualClock
from appliance.system.interfaces import VirtualInterfaces
from appliance.system.router.asking import ask
from appliance.system.router.system import SystemRouter
from appliance.system.router.words import Name, Question, Verb
from appliance.system.runner import SystemRunner
from tests.system.router.played import (
    OUTSIDE,
    OWN,
    Igd,
    Played,
    description,
    http,
    nat_pmp_speaker,
    pcp_speaker,
)

HTTP, HTTPS, QUIC = PUBLIC_PORTS


class Door(SystemRouter):
    def __init__(self, gateway: str, clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock()
        self.link = Link(True, "lo", OWN, gateway)
        super().__init__(SystemRunner(), VirtualInterfaces(to_gateway=self.link), self.clock, patience=0.3)


def key_of(call, *arguments):
    with pytest.raises(HearthError) as caught:
        call(*arguments)
    return caught.value.key


def test_nobody_there_is_silent():
    door = Door("127.0.0.254")
    assert door.look(PUBLIC_PORTS) == Router(None)
    assert key_of(door.open, HTTP) == "router-silent"
    door.close(PUBLIC_PORTS)


@pytest.mark.parametrize("link", [Link(False), Link(True, "eth0"), Link(True, "eth0", "192.168.1.20")])
def test_without_a_gateway_nobody_is_asked(link):
    door = SystemRouter(SystemRunner(), VirtualInterfaces(to_gateway=link), VirtualClock())
    assert door.look(PUBLIC_PORTS) == Router(None)
    assert key_of(door.open, HTTP) == "router-silent"
    assert key_of(door.open_pinhole, HTTP) == "router-silent"
    door.close(PUBLIC_PORTS)


def test_nat_pmp():
    clock = VirtualClock()
    with Played(packets=nat_pmp_speaker(epoch=clock.monotonic)) as router:
        door = Door(router.address, clock)
        assert door.look(PUBLIC_PORTS) == Router(PortControl.NAT_PMP, outside=OUTSIDE)
        assert door.open(HTTPS, 100).lease == 100
        door.clock.advance(30)
        (held,) = door.look(PUBLIC_PORTS).mappings
        assert held == Mapping(HTTPS, OWN, 70, lease=100)
        door.clock.advance(70)
        assert door.look(PUBLIC_PORTS).mappings == ()
        door.open(HTTPS, 100)
        door.close(PUBLIC_PORTS)
        assert door.look(PUBLIC_PORTS).mappings == ()


def test_a_port_that_is_given_in_place_of_another_is_handed_back():
    for speaker in (nat_pmp_speaker(shift=1), pcp_speaker(port=444)):
        with Played(packets=speaker) as router:
            door = Door(router.address)
            door.look(PUBLIC_PORTS)
            assert key_of(door.open, HTTPS) == "port-taken"
            found = door.look(PUBLIC_PORTS)
            assert (found.mappings, found.refused) == ((), ((HTTPS, "port-taken"),))


def test_pcp_and_what_it_tells_of_outside():
    with Played(packets=pcp_speaker()) as router:
        door = Door(router.address)
        assert door.look(PUBLIC_PORTS) == Router(PortControl.PCP)
        door.open(HTTP)
        assert door.look(PUBLIC_PORTS).outside == OUTSIDE
        assert [each.port for each in door.look(PUBLIC_PORTS).mappings] == [HTTP]


@pytest.mark.parametrize(("result", "key"), [(2, "router-refuses"), (11, "port-taken"), (99, "router-refuses")])
def test_pcp_can_refuse(result, key):
    with Played(packets=pcp_speaker(result=result)) as router:
        door = Door(router.address)
        assert door.look(PUBLIC_PORTS).control is PortControl.PCP
        assert key_of(door.open, HTTP) == key


@pytest.mark.parametrize("knows", ["all", "pcp", "none"])
@pytest.mark.parametrize(("refuses", "key"), [(True, "router-refuses"), (False, None)])
def test_what_pcp_tells_vaguely_upnp_tells_plainly(refuses, key, knows):
    """That it cannot have port 80 may mean that nobody may, that another machine has it, or that this box itself had it
    under another nonce."""
    igd = Igd(refuses=refuses)
    with Played(packets=pcp_speaker(result=11), upnp=igd.answer) as router:
        door = Door(router.address)
        if knows != "none":
            door.look(PUBLIC_PORTS)
        if knows == "pcp":  # its UPnP did not answer when it was searched for
            door._memory.controls, door._memory.known = (PortControl.PCP,), ""
        if key is None:
            assert door.open(HTTP).lease == 7200
        else:
            assert key_of(door.open, HTTP) == key
        igd.hold("TCP", "443", "192.168.1.5", "5001", words="DiskStation")
        with pytest.raises(HearthError, match="Port 443 is used by DiskStation"):
            door.open(HTTPS)


def test_a_router_whose_clock_began_anew_has_forgotten_everything():
    clock, restarted = VirtualClock(), [0.0]
    with Played(packets=pcp_speaker(epoch=lambda: clock.monotonic() - restarted[0])) as router:
        door = Door(router.address, clock)
        door.open(HTTP)
        clock.advance(60)
        assert len(door.look(PUBLIC_PORTS).mappings) == 1
        clock.advance(60)
        restarted[0] = clock.monotonic()
        found = door.look(PUBLIC_PORTS)
        assert (found.mappings, found.outside) == ((), None)
        door.open(HTTP)
        assert len(door.look(PUBLIC_PORTS).mappings) == 1


def test_another_home_has_another_router():
    with Played(packets=pcp_speaker()) as router:
        door = Door(router.address)
        door.open(HTTP)
        door._interfaces = VirtualInterfaces(to_gateway=replace(door.link, address="127.0.0.2"))
        assert door.look(PUBLIC_PORTS).mappings == ()


def test_upnp():
    igd = Igd()
    with Played(upnp=igd.answer) as router:
        door = Door(router.address)
        assert door.look(PUBLIC_PORTS) == Router(PortControl.UPNP, outside=OUTSIDE)
        for port in PUBLIC_PORTS:
            assert door.open(port).lease == 7200
        assert igd.mappings["TCP", "443"]["NewInternalPort"] == "8443"
        door.clock.advance(60)
        assert {each.seconds for each in door.look(PUBLIC_PORTS).mappings} == {7140}
        del igd.mappings["TCP", "80"]
        assert [each.port for each in door.look(PUBLIC_PORTS).mappings] == [HTTPS, QUIC]
        igd.hold("TCP", "8000", "192.168.1.5", "80")
        door.close(PUBLIC_PORTS)
        assert list(igd.mappings) == [("TCP", "8000")]


def test_a_lease_has_no_end_only_where_upnp_demands_it():
    igd = Igd(permanent_only=True)
    with Played(upnp=igd.answer) as router:
        door = Door(router.address)
        assert door.open(HTTP) == Mapping(HTTP, OWN, None, door._description)
        assert door.look(PUBLIC_PORTS).mappings == (Mapping(HTTP, OWN, None, door._description),)
        door.close(PUBLIC_PORTS)
        assert igd.mappings == {}


def test_a_rival_is_named_and_never_overwritten_nor_closed():
    igd = Igd()
    igd.hold("TCP", "443", "192.168.1.5", "5001", words="DiskStation")
    with Played(upnp=igd.answer) as router:
        door = Door(router.address)
        with pytest.raises(HearthError, match="Port 443 is used by DiskStation"):
            door.open(HTTPS)
        found = door.look(PUBLIC_PORTS)
        assert [(each.host, each.description) for each in found.mappings] == [("192.168.1.5", "DiskStation")]
        assert found.refused == ((HTTPS, "port-taken"),)
        door.close(PUBLIC_PORTS)
        assert igd.mappings["TCP", "443"]["NewInternalClient"] == "192.168.1.5"
        assert "AddPortMapping" not in igd.actions
        assert "DeletePortMapping" not in igd.actions


def test_what_this_box_held_under_another_address_is_moved():
    igd = Igd()
    with Played(upnp=igd.answer) as router:
        door = Door(router.address)
        igd.hold("TCP", "443", "192.168.1.9", "8443", words=door._description)
        assert door.look(PUBLIC_PORTS).mappings == ()
        door.open(HTTPS)
        assert igd.mappings["TCP", "443"]["NewInternalClient"] == OWN


def test_what_was_opened_before_this_start_is_known_and_given_back():
    igd = Igd()
    with Played(upnp=igd.answer) as router:
        Door(router.address).open(HTTP)
        door = Door(router.address)
        (held,) = door.look(PUBLIC_PORTS).mappings
        assert (held.host, held.seconds, held.lease) == (OWN, 7200, None)
        door.close(PUBLIC_PORTS)
        assert igd.mappings == {}


def test_one_that_leads_astray_is_shunned_for_a_while():
    with Played(upnp=lambda request: http(description("http://127.0.0.1/"))) as router:
        door = Door(router.address)
        assert key_of(door.look, PUBLIC_PORTS) == "router-strange"
        asked = router.requests
        assert asked
        assert key_of(door.look, PUBLIC_PORTS) == "router-strange"
        assert router.requests == asked
        door.clock.advance(46)
        assert key_of(door.look, PUBLIC_PORTS) == "router-strange"
        assert router.requests > asked


def test_what_the_owner_made_by_hand_is_left_as_it_is():
    igd = Igd()
    igd.hold("TCP", "443", OWN, "8443", words="by hand")
    with Played(upnp=igd.answer) as router:
        door = Door(router.address)
        (held,) = door.look(PUBLIC_PORTS).mappings
        assert (held.host, held.seconds) == (OWN, None)
        door.close(PUBLIC_PORTS)
        assert igd.mappings["TCP", "443"]["NewPortMappingDescription"] == "by hand"


def test_names_are_looked_up_by_a_child():
    question = Question(Verb.NAMES, (), "", "", addresses=("127.0.0.1", "not an address"))
    assert ask(SystemRunner(), question).names == (Name("127.0.0.1", "localhost"),)


def test_a_name_for_a_rival_is_told_where_somebody_knows_it():
    igd = Igd()
    igd.hold("TCP", "443", "192.168.1.5", "5001")
    with Played(upnp=igd.answer) as router:
        door = Door(router.address)
        door.look(PUBLIC_PORTS)
        door._names["192.168.1.5"] = ("nas", 10**9)
        assert [each.name for each in door.look(PUBLIC_PORTS).mappings] == ["nas"]
        with pytest.raises(HearthError, match="used by nas"):
            door.open(HTTPS)
