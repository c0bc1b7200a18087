# SPDX-License-Identifier: AGPL-3.0-or-later
"""Diagnosis: each cause by itself, named first and alone, and gone as soon as it is mended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.internet import diagnosis
from appliance.internet.diagnosis import Span, diagnose
from appliance.internet.facts import facts
from appliance.internet.model import (
    PUBLIC_PORTS,
    Answered,
    Certificate,
    Gateway,
    Goal,
    Link,
    Mapping,
    Outside,
    PortControl,
    Records,
    Router,
    Stage,
    Tunnel,
    Way,
)
from appliance.status import LinkState
from tests.internet.ways import (
    GATEWAY,
    HOME,
    NAME,
    NOW,
    PUBLIC,
    certificate,
    mapping,
    outside,
    records,
    router,
    tried,
    tries,
    unproven,
    well,
)

GREEN, RED, UNKNOWN = LinkState.GREEN, LinkState.RED, LinkState.UNKNOWN
SILENT, REACHED, REFUSED, OTHER = Answered.SILENT, Answered.REACHED, Answered.REFUSED, Answered.OTHER
SIX = "2606:4700::20"

# Cause, the stretch it lies in, a way broken by it, and words that must be said.
BROKEN = [
    ("no-link", Span.HOME, replace(well(), link=Link(carrier=False)), "cable"),
    ("no-dhcp-address", Span.HOME, replace(well(), link=Link(True, "eth0")), "DHCP"),
    ("no-gateway", Span.HOME, replace(well(), link=Link(True, "eth0", HOME)), "router"),
    ("no-dns", Span.ROUTER, replace(well(), dns_works=False), "DNS server"),
    ("clock-untrusted", Span.ROUTER, replace(well(), clock_trusted=False), "time"),
    ("gateway-lost", Span.ROUTER, replace(well(), tunnel=Tunnel("gate.example.net", False, "refused")), "refused"),
    ("router-silent", Span.ROUTER, router(control=None, outside=None, mappings=()), f"http://{GATEWAY}/"),
    ("double-nat", Span.ROUTER, router(outside="192.168.0.5"), "bridge mode"),
    ("double-nat", Span.ROUTER, router(outside="10.0.0.5"), "10.0.0.5"),
    ("double-nat", Span.ROUTER, router(outside=None, beyond="192.168.0.1", mappings=()), "http://192.168.0.1/"),
    ("carrier-nat", Span.ROUTER, router(outside="100.64.3.2"), "gateway"),
    ("carrier-nat", Span.ROUTER, router(outside=None, beyond="100.64.3.1", mappings=()), "gateway"),
    ("carrier-nat", Span.ROUTER, router(outside="192.0.0.4"), "gateway"),
    ("carrier-nat", Span.ROUTER, outside(seen4="1.1.1.1", attempts=(), hairpin=None), "public IPv4 address"),
    ("port-taken", Span.ROUTER, router(mappings=(mapping(0), mapping(1, "192.168.1.9", "nas"))), "nas (192.168.1.9)"),
    ("port-taken", Span.ROUTER, router(mappings=(mapping(0, "192.168.1.9", ""), mapping(1))), "Port 80"),
    ("port-taken", Span.ROUTER, tries(REACHED, OTHER), "Port 443"),
    ("port-refused", Span.ROUTER, router(mappings=(), refused=((PUBLIC_PORTS[1], "router-unsure"),)), "did nothing"),
    ("port-taken", Span.ROUTER, router(mappings=(), refused=((PUBLIC_PORTS[1], "port-taken"),)), "another device"),
    ("port-filtered", Span.INTERNET, tries(SILENT, SILENT), "firewall"),
    ("port-filtered", Span.INTERNET, tries(REFUSED, SILENT), "gateway"),
    ("provider-blocks-80", Span.INTERNET, tries(SILENT, REACHED), "unblock port 80"),
    ("provider-blocks-443", Span.INTERNET, tries(REACHED, SILENT), "unblock port 443"),
    ("address-unsure", Span.INTERNET, replace(records(a=()), router=None), f"It says {PUBLIC}"),
    ("address-unsure", Span.INTERNET, replace(records(a=("1.0.0.1",)), router=None), "second helper"),
    ("record-absent", Span.INTERNET, records(a=()), f"type A, name {NAME}, value {PUBLIC}"),
    ("record-stale", Span.INTERNET, records(a=("1.0.0.1",), source_a=(PUBLIC,)), "1.0.0.1"),
    ("record-wrong", Span.INTERNET, records(a=("1.0.0.1",)), f"from 1.0.0.1 to {PUBLIC}"),
    ("record-wrong", Span.INTERNET, records(a=(PUBLIC, "1.0.0.1")), "Delete the A record 1.0.0.1"),
    ("ipv6-only", Span.INTERNET, records(a=(), aaaa=(SIX,)), f"value {PUBLIC}"),
    ("aaaa-broken", Span.INTERNET, records(aaaa=(SIX,)), SIX),
    ("caa-forbids", Span.INTERNET, records(caa=("other.example",)), "letsencrypt.org"),
    ("caa-forbids", Span.INTERNET, records(caa=()), "letsencrypt.org"),
    ("certificate-failed", Span.INTERNET, certificate(stage=Stage.NONE, until=None, error="too many"), "too many"),
    ("certificate-failed", Span.INTERNET, certificate(stage=Stage.STAGING, error="too many"), "too many"),
    ("certificate-expires", Span.INTERNET, certificate(until=NOW + timedelta(days=13), error="no"), "14 March 2026"),
    ("certificate-expires", Span.INTERNET, certificate(until=NOW - timedelta(days=1)), "ran out"),
    (
        "certificate-expires",
        Span.INTERNET,
        certificate(until=NOW + timedelta(hours=20), life=timedelta(days=6)),
        "could not be renewed",
    ),
    ("no-hairpin", Span.INTERNET, outside(hairpin=False), HOME),
]
LAST = {"certificate-failed", "certificate-expires", "no-hairpin"}


def states(way: Way) -> tuple[LinkState, ...]:
    """From the box outwards."""
    return tuple(each.state for each in reversed(diagnose(way).stretches))


def cause(way: Way) -> str:
    found = diagnose(way).cause
    return "" if found is None else found.key


def test_a_way_on_which_all_is_well():
    found = diagnose(well())
    assert (states(well()), cause(well())) == ((GREEN, GREEN, GREEN), "")
    assert found.sentence == f"Everybody reaches the box at {NAME}."
    assert [(each.outer, each.inner) for each in found.stretches] == [
        ("internet", "provider"),
        ("provider", "router"),
        ("router", "box"),
    ]


@pytest.mark.parametrize(("key", "span", "way", "words"), BROKEN, ids=[each[0] for each in BROKEN])
def test_each_cause_is_named_with_what_to_do(key, span, way, words):
    found = diagnose(way)
    assert cause(way) == key
    assert words in f"{found.sentence} {found.cause.remedy}"
    assert states(way)[span] is RED


def test_every_check_has_a_row_here_in_its_order_and_every_row_a_check():
    checks = (*diagnosis.HOME_CHECKS, *diagnosis.ROUTER_CHECKS, *diagnosis.NAME_CHECKS, *diagnosis.LAST_CHECKS)
    modules = [check.__module__.rpartition(".")[2].replace("_", "-") for check in checks]
    rows = list(dict.fromkeys(key for key, *_ in BROKEN))
    assert set(modules) == set(rows)


@pytest.mark.parametrize(("key", "span", "way", "words"), BROKEN, ids=[each[0] for each in BROKEN])
def test_what_is_nearer_to_the_box_is_told_first(key, span, way, words):
    """All that comes later is broken as well, and nobody hears of it until it is its turn."""
    worse = replace(way, certificate=Certificate(Stage.NONE, error="refused", authority="letsencrypt.org"))
    assert cause(worse) == ("certificate-failed" if key in LAST else key)


def test_a_box_for_home_only_looks_no_farther_than_the_router():
    stays = replace(well(), goal=None, dns_works=False)
    assert (cause(stays), states(stays)) == ("", (GREEN, UNKNOWN, UNKNOWN))
    assert diagnose(stays).sentence == "The box is found at home only."
    assert cause(replace(stays, link=Link(False))) == "no-link"


def test_what_nobody_has_looked_at_yet_is_neither_red_nor_green():
    way = Way(NOW, well().link, goal=Goal(NAME))
    assert (cause(way), states(way)) == ("", (GREEN, UNKNOWN, UNKNOWN))
    assert states(replace(well(), certificate=Certificate(Stage.NONE))) == (GREEN, GREEN, UNKNOWN)
    assert states(replace(well(), records=None)) == (GREEN, GREEN, UNKNOWN)
    assert states(router(mappings=())) == (GREEN, UNKNOWN, UNKNOWN)


def test_ports_that_were_opened_by_hand_count_as_open():
    by_hand = replace(well(), router=Router(None))
    assert (cause(by_hand), states(by_hand)) == ("", (GREEN, GREEN, GREEN))


def test_the_owner_is_believed_where_nobody_else_can_tell():
    silent = router(control=None, outside=None, mappings=())
    assert [fix.key for fix in diagnose(silent).cause.fixes] == ["ports-by-hand"]
    trusting = replace(silent, goal=Goal(NAME, by_hand=True))
    assert (cause(trusting), states(trusting)) == ("", (GREEN, GREEN, GREEN))
    assert diagnose(replace(trusting, certificate=Certificate(Stage.NONE))).clear_to_the_name
    tried_in_vain = replace(tries(SILENT, SILENT), router=silent.router, goal=Goal(NAME, by_hand=True))
    assert cause(tried_in_vain) == "port-filtered", "unless somebody finds otherwise"


@pytest.mark.parametrize(
    "changes",
    [
        {"link": Link(True, "eth0", None, None, SIX, "fe80::1"), "router": Router(None)},
        {
            "link": Link(True, "eth0", HOME, GATEWAY, SIX, "fe80::1"),
            "router": Router(PortControl.UPNP, refused=((PUBLIC_PORTS[1], "router-refuses"),)),
        },
    ],
)
def test_a_home_without_ipv4_is_not_told_to_forward_ports(changes):
    way = replace(unproven(records(a=(), aaaa=(SIX,))), **changes)
    assert (cause(way), states(way)) == ("ipv6-only", (GREEN, GREEN, RED))
    nowhere = replace(way, records=records(a=()).records)
    assert cause(nowhere) == "record-absent"
    assert SIX in diagnose(nowhere).cause.remedy


def test_a_gateway_makes_the_router_and_the_provider_beside_the_point():
    behind = replace(
        well(), router=Router(None), outside=Outside("1.1.1.1"), tunnel=Tunnel("gate.example.net", connected=True)
    )
    assert (cause(behind), states(behind)) == ("", (GREEN, GREEN, GREEN))
    assert diagnose(behind).stretches[0].inner == "gateway"


def test_a_certificate_of_a_few_days_is_well_while_its_renewal_is_not_due():
    assert diagnose(certificate(until=NOW + timedelta(hours=30), life=timedelta(days=6))).cause is None


def test_a_gateway_that_was_not_called_yet_is_waited_for_and_the_router_blamed_for_nothing():
    way = replace(router(control=None, outside="100.64.1.1"), goal=Goal(NAME, gateway=Gateway("gate.example.net")))
    assert (cause(way), states(way)) == ("", (GREEN, UNKNOWN, UNKNOWN))
    assert diagnose(way).sentence == "The gateway is being called."


def test_an_ipv6_address_that_leads_here_is_well_until_somebody_tries_in_vain():
    way = replace(records(aaaa=(SIX,)), link=replace(well().link, address6=SIX))
    assert cause(way) == ""
    assert way.outside is not None
    attempts = (*way.outside.attempts, tried(1, SILENT, SIX))
    assert cause(replace(way, outside=replace(way.outside, attempts=attempts))) == "aaaa-broken"


def test_a_refusal_while_the_certificate_is_still_good_for_long_alarms_nobody():
    assert cause(certificate(error="rate limited")) == ""


def test_a_certificate_is_asked_for_only_when_name_and_ports_are_right():
    without = replace(well(), certificate=Certificate(Stage.NONE))
    assert diagnose(without).clear_to_the_name
    for key, _, way, _ in BROKEN:
        assert diagnose(way).clear_to_the_name == (key in LAST), key
    assert not diagnose(replace(without, records=None)).clear_to_the_name
    assert not diagnose(replace(without, goal=None)).clear_to_the_name
    assert not diagnose(replace(unproven(without), router=None)).clear_to_the_name


addresses = st.sampled_from(
    [None, "", "0.0.0.0", "no address", HOME, PUBLIC, "1.1.1.1", "100.64.0.9", "10.1.1.1", SIX, "fe80::1%eth0", "::"]
)
texts = st.sampled_from([HOME, PUBLIC, "1.1.1.1", "nonsense", "", SIX])
ports = st.sampled_from(PUBLIC_PORTS)
three = st.sampled_from([None, True, False])
links = st.builds(
    Link, carrier=st.booleans(), address=addresses, gateway=addresses, address6=addresses, gateway6=addresses
)
routers = st.builds(
    Router,
    control=st.none() | st.sampled_from(PortControl),
    outside=addresses,
    mappings=st.lists(st.builds(Mapping, port=ports, host=texts, seconds=st.none()), max_size=4).map(tuple),
    refused=st.lists(st.tuples(ports, texts), max_size=2).map(tuple),
)
outsides = st.builds(
    Outside,
    seen4=addresses,
    seen6=addresses,
    attempts=st.lists(st.builds(tried, st.integers(0, 2), st.sampled_from(Answered), texts), max_size=4).map(tuple),
    hairpin=three,
)
names = st.builds(
    Records,
    name=st.just(NAME),
    answered=st.booleans(),
    a=st.lists(texts, max_size=2).map(tuple),
    aaaa=st.lists(texts, max_size=2).map(tuple),
    caa=st.none() | st.lists(texts, max_size=2).map(tuple),
    source_a=st.none() | st.lists(texts, max_size=2).map(tuple),
)
certificates = st.builds(
    Certificate,
    stage=st.sampled_from(Stage),
    until=st.sampled_from([None, NOW - timedelta(days=1), NOW + timedelta(days=5), NOW + timedelta(days=50)]),
    error=st.sampled_from(["", "refused"]),
)
ways = st.builds(
    Way,
    now=st.just(NOW),
    link=links | st.just(well().link),
    dns_works=three,
    clock_trusted=st.booleans(),
    router=st.none() | routers | st.just(well().router),
    outside=st.none() | outsides,
    records=st.none() | names | st.just(well().records),
    certificate=certificates,
    tunnel=st.none() | st.builds(Tunnel, gateway=texts, connected=st.booleans(), error=texts),
    goal=st.none() | st.just(Goal(NAME)),
)


@given(ways)
def test_whatever_is_observed_there_is_one_cause_at_most_and_nothing_is_claimed_behind_it(way):
    found = diagnose(way)
    seen = states(way)
    assert seen.count(RED) == (0 if found.cause is None else 1)
    order = {GREEN: 0, RED: 1, UNKNOWN: 2}
    assert [order[each] for each in seen] == sorted(order[each] for each in seen), "green, then red, then unknown"
    assert all(each.sentence for each in found.stretches)
    assert found.sentence
    assert all(facts(way).values())
    if found.clear_to_the_name:
        assert seen[: Span.INTERNET] == (GREEN, GREEN)


def test_whether_an_authority_is_forbidden_depends_on_which_one_is_asked():
    forbidden = records(caa=("letsencrypt.org",))
    for authority, found in (("letsencrypt.org", ""), ("ca.example.net", "caa-forbids"), ("", "")):
        assert cause(replace(forbidden, certificate=replace(forbidden.certificate, authority=authority))) == found
