# SPDX-License-Identifier: AGPL-3.0-or-later
"""What of a box the internet gets to see, whatever its router is made to do: the public side, and never the console."""

import itertools
import json
import time
from collections.abc import Iterator

import pytest

from tests.end_to_end.waiting import eventually
from tests.lab.asking import ask_for, ask_for_pinhole
from tests.lab.box import Box
from tests.lab.probes import fetches, knock, listening, open_ports
from tests.lab.spaces import Namespace
from tests.lab.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

NAME = "linden.town.lab"
HTTP, HTTPS = 80, 443
PATHS = (
    *("/", "/login", "/recovery", "/claim/state", "/events", "/settings", "/settings/ssh", "/erase", "/wifi", "/power"),
    *(
        "//login",
        "/./login",
        "/api/../login",
        "/api/%2e%2e/login",
        "/inbox/..%2flogin",
        "/.well-known/hearth/../../login",
    ),
    "http://hearth.local/login",
)
# Counts what is sent to the console; the acknowledgements and signs of life of an idle connection are shorter.
WATCH = """
table inet lab {
    counter console { }
    chain out {
        type filter hook output priority filter;
        tcp dport 8081 meta length > 120 counter name console
    }
}
"""


@pytest.fixture(scope="module")
def box(world: World) -> Iterator[Box]:
    authority = world.with_authority()
    box = Box(world.home("linden"), world.folder, authority, NAME)
    try:
        box.start().set_up()
        box.space.nft(WATCH)
        yield box
    finally:
        print(box.words())
        box.remove()


@pytest.fixture(autouse=True)
def forwarded(box: Box) -> None:
    """The public ports lead to the box, as it asks of its router itself, and the firewall lets them in by IPv6."""
    router = str(box.home.router.lan.ip)
    for outside, inside in ((HTTP, 8080), (HTTPS, 8443)):
        assert eventually("a port", lambda o=outside, i=inside: ask_for(box.space, router, i, o)) == outside
    for port in (HTTP, HTTPS, 8080, 8443):
        ask_for_pinhole(box.space, f"{box.home.line.prefix}1", port)


def asked(box: Box) -> int:
    """How much the console was asked since."""
    found = json.loads(box.space.run(["nft", "-j", "list", "counter", "inet", "lab", "console"]))
    return int(next(each["counter"]["packets"] for each in found["nftables"] if "counter" in each))


def all_ports(box: Box) -> set[int]:
    """All at which anything could answer: where somebody listens, and where ports are mapped to others."""
    known = listening(box.space) | listening(box.home.router.space)
    assert {HTTP, 8080, 8081, 8082, 8083, 8084, 8443} <= known
    return known | set(range(1, 1025))


def knock_everywhere(box: Box, whence: Namespace, address: str) -> int:
    """Ask for the console by every name and path, with and without TLS. How often somebody answered."""
    hosts = (
        NAME,
        "hearth.local",
        "hearth",
        "localhost",
        "127.0.0.1:8081",
        box.home.address,
        f"[{address}]",
        "",
        "evil.lab",
    )
    answers = [knock(whence, address, HTTP, host, path) for host, path in itertools.product(hosts, PATHS)]
    names = (NAME, "hearth.local", "localhost", "box.internal", "")
    for sni, host in itertools.product(names, (NAME, "hearth.local", box.home.address, "127.0.0.1:8081")):
        answers += [knock(whence, address, HTTPS, host, path, sni) for path in PATHS[:4]]
    return sum(answer is not None for answer in answers)


def test_the_console_answers_those_at_home(world: World, box: Box) -> None:
    before = asked(box)
    guest = box.home.host("guest", 30)
    status, _ = fetches(guest, box.home.address, box.home.address, None, "/login", port=80)
    assert status == 200
    assert asked(box) > before
    _settle(box)


def test_it_answers_nobody_on_the_internet(world: World, box: Box) -> None:
    before = asked(box)
    assert knock_everywhere(box, world.visitor, box.home.outside) > 100
    assert asked(box) == before


def test_nor_by_ipv6(world: World, box: Box) -> None:
    before = asked(box)
    assert box.home.address6 is not None
    assert knock_everywhere(box, world.visitor, box.home.address6) > 100
    assert asked(box) == before


def test_nor_where_the_router_rewrites_who_asks(world: World, box: Box) -> None:
    before = asked(box)
    box.home.router.rewrite_sources(True)
    try:
        assert knock_everywhere(box, world.visitor, box.home.outside) > 100
    finally:
        box.home.router.rewrite_sources(False)
    assert asked(box) == before


@pytest.mark.parametrize("rewriting", [False, True])
def test_nor_where_the_box_is_the_dmz_host(world: World, box: Box, rewriting: bool) -> None:
    before = asked(box)
    box.home.router.on()  # no port leads anywhere but to the DMZ host's own
    box.home.router.dmz_host(box.home.address, box.home.address6)
    box.home.router.rewrite_sources(rewriting)
    try:
        for address in (box.home.outside, box.home.address6 or ""):
            assert knock_everywhere(box, world.visitor, address) > 100
            assert open_ports(world.visitor, address, all_ports(box)) == {HTTP, HTTPS, 8080, 8443}
    finally:
        box.home.router.rewrite_sources(False)
        box.home.router.dmz_host(None)
    assert asked(box) == before


def test_nothing_else_is_open_to_the_internet(world: World, box: Box) -> None:
    assert open_ports(world.visitor, box.home.outside, all_ports(box)) == {HTTP, HTTPS}
    assert box.home.address6 is not None
    assert open_ports(world.visitor, box.home.address6, all_ports(box)) == {HTTP, HTTPS, 8080, 8443}


def _settle(box: Box) -> None:
    """Until the console is no longer asked."""
    last, since = asked(box), time.monotonic()
    eventually("the console is left alone", lambda: asked(box) == last and time.monotonic() - since > 0.5)
