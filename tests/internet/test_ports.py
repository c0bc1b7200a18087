# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which ports the router is asked for."""

from dataclasses import replace

import pytest

from appliance.internet.model import PUBLIC_PORTS, Link, Mapping, Port, PortControl, Protocol, Router
from appliance.internet.ports import Open, OpenPinhole, plan, rivals_of

HTTP, HTTPS, QUIC = PUBLIC_PORTS
LINK = Link(True, "eth0", "192.168.1.20", "192.168.1.1")
LINK6 = replace(LINK, address6="2001:db8::20", gateway6="fe80::1%eth0")
OURS = tuple(Mapping(port, "192.168.1.20", 7000, "Hearth", lease=7200) for port in PUBLIC_PORTS)
FOUND = Router(PortControl.UPNP, mappings=OURS)


def planned(found, link=LINK):
    return list(plan(PUBLIC_PORTS, found, link))


def with_https(**change):
    return replace(FOUND, mappings=(OURS[0], replace(OURS[1], **change), OURS[2]))


@pytest.mark.parametrize("found", [None, Router(None)])
def test_nothing_is_asked_of_a_router_that_does_not_answer(found):
    assert planned(found, LINK6) == []


def test_all_are_asked_for_at_a_router_that_has_none():
    assert planned(Router(PortControl.PCP)) == [Open(port) for port in PUBLIC_PORTS]


def test_what_is_held_is_left_until_half_of_its_lease_is_over():
    assert planned(FOUND) == []
    assert planned(with_https(seconds=3601)) == []
    assert planned(with_https(seconds=3600)) == [Open(HTTPS)]
    assert planned(with_https(seconds=0)) == [Open(HTTPS)]


def test_the_routers_own_idea_of_a_lease_counts():
    assert planned(with_https(seconds=100, lease=120)) == []
    assert planned(with_https(seconds=60, lease=120)) == [Open(HTTPS)]


def test_what_has_no_end_is_left_alone():
    assert planned(with_https(seconds=None, lease=None)) == []


def test_what_was_asked_for_before_this_start_is_asked_for_again():
    assert planned(with_https(lease=None)) == [Open(HTTPS)]


def test_a_restarted_router_is_asked_again():
    assert planned(replace(FOUND, mappings=OURS[:1])) == [Open(HTTPS), Open(QUIC)]


def test_one_that_leads_to_another_port_of_ours_is_corrected():
    assert planned(with_https(port=replace(HTTPS, inside=443))) == [Open(HTTPS)]


def test_what_others_hold_stays_theirs_and_is_named():
    for theirs in (HTTPS, replace(HTTPS, inside=5001)):
        found = with_https(port=theirs, host="192.168.1.5", seconds=1, lease=None, name="nas")
        assert planned(found) == []
        assert rivals_of(PUBLIC_PORTS, found, LINK) == (Mapping(HTTPS, "192.168.1.5", 1, "Hearth", "nas"),)
    assert rivals_of(PUBLIC_PORTS, FOUND, LINK) == ()


def test_a_rival_by_udp_is_none_by_tcp():
    udp = Mapping(Port(Protocol.UDP, 443, 51820), "192.168.1.5", None)
    assert planned(replace(FOUND, mappings=(*OURS[:2], udp))) == []
    assert planned(replace(FOUND, mappings=(OURS[0], udp))) == [Open(HTTPS)]


def test_pinholes_are_asked_for_where_there_is_ipv6():
    assert planned(FOUND, LINK6) == [OpenPinhole(port) for port in PUBLIC_PORTS]
    assert planned(FOUND, replace(LINK6, gateway6=None)) == []
    alone = Link(True, "eth0", address6="2001:db8::20", gateway6="fe80::1%eth0")
    assert planned(Router(PortControl.PCP), alone) == [OpenPinhole(port) for port in PUBLIC_PORTS]
    open6 = replace(FOUND, pinholes=PUBLIC_PORTS)
    assert planned(open6, LINK6) == []
    assert planned(replace(open6, due=(HTTP,)), LINK6) == [OpenPinhole(HTTP)]
