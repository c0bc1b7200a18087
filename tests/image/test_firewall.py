# SPDX-License-Identifier: AGPL-3.0-or-later
"""The firewall of the image, played through in network namespaces: neighbours, gateways, the internet, the hotspot."""

import contextlib
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.end_to_end.waiting import eventually
from tests.repository import ROOT

RULES = ROOT / "image/overlay/etc/nftables.conf"
NEIGHBOURS = ROOT / "image/overlay/usr/lib/hearth/neighbours"

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may make network namespaces"),
    pytest.mark.skipif(not shutil.which("nft"), reason="nft is missing: nftables"),
    pytest.mark.timeout(120),
]

# Each port says which one it is.
LISTEN = """
import socket, threading
def answer(server, port):
    while True:
        with server.accept()[0] as client:
            client.sendall(str(port).encode())
def echo(server, port):
    # In the name of the address that was asked, as web servers do.
    while True:
        _, told, _, sender = server.recvmsg(100, 100)
        server.sendmsg([str(port).encode()], told, 0, sender)
for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    streams = (socket.SOCK_STREAM, (22, 53, 80, 443, 4443, 8080, 8443, 8445), answer)
    for kind, ports, work in (streams, (socket.SOCK_DGRAM, (443, 8443), echo)):
        for port in ports:
            server = socket.socket(family, kind)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            server.bind((address, port))
            if kind == socket.SOCK_STREAM:
                server.listen()
            elif family == socket.AF_INET6:
                server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            threading.Thread(target=work, args=(server, port)).start()
print("listening", flush=True)
"""
REACH = """
import socket, sys
kind, address, port, source, expected = sys.argv[1:]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as client:
    client.settimeout(0.7)
    try:
        if source:
            client.bind((source, 0))
        client.connect((address, int(port)))
        if kind == "udp":
            client.send(b"who")
        answered = client.recv(10).decode()
    except OSError:
        sys.exit(1)
sys.exit(0 if answered == expected else 2)
"""
# RFC 4861, 4.2 and 4.6.2: a router for half an hour, and a prefix that is on the link and good for addresses.
ANNOUNCE = """
import socket, struct, sys
address, _, length = sys.argv[1].partition("/")
prefix = socket.inet_pton(socket.AF_INET6, address)
line = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("lan"))
head = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
line.sendto(head + struct.pack("!BBBBIII", 3, 4, int(length), 0xC0, 86400, 3600, 0) + prefix, ("ff02::1", 0))
"""

# Waits at a port for one datagram; before, it searches for routers, or does not.
SEARCH = """
import socket, sys
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.bind(("192.168.7.10", 0))
line.settimeout(1)
if sys.argv[1] == "yes":
    line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.168.7.10"))
    line.sendto(b"M-SEARCH", ("239.255.255.250", 1900))
print(line.getsockname()[1], flush=True)
try:
    line.recv(100)
except OSError:
    sys.exit(1)
"""
# Waits for what routers tell everybody.
HEAR = """
import socket, sys
group, port = sys.argv[1], int(sys.argv[2])
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton("192.168.7.10"))
line.bind((group, port))
line.settimeout(1)
print(port, flush=True)
try:
    line.recv(100)
except OSError:
    sys.exit(1)
"""
TELL = """
import socket, sys
address, port, source = sys.argv[1:]
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.bind(("192.168.7.1", int(source)))
line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.168.7.1"))
line.sendto(b"here", (address, int(port)))
"""


@dataclass(frozen=True)
class Home:
    """The box, a computer beside it, their router, the internet behind that, and a phone in the box's hotspot."""

    tag: str

    def name(self, who: str) -> str:
        return f"hearth-{self.tag}-{who}"

    def run(self, who: str, *command: object) -> str:
        return ip("netns", "exec", self.name(who), *command)

    def python(self, who: str, program: str, *arguments: object) -> bool:
        command = ["ip", "netns", "exec", self.name(who), sys.executable, "-c", program, *map(str, arguments)]
        return subprocess.run(command, timeout=30, check=False, capture_output=True).returncode == 0

    def reaches(
        self, who: str, address: str, port: int, source: str = "", *, led_to: int = 0, kind: str = "tcp"
    ) -> bool:
        """Whether that port answers there, or the one that it is led to."""
        return self.python(who, REACH, kind, address, port, source, led_to or port)


def ip(*arguments: object) -> str:
    command = ["ip", *map(str, arguments)]
    done = subprocess.run(command, timeout=30, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


PREFIX = "2001:db8:1::/64"
WHO = ("box", "computer", "router", "internet", "phone", "switch")


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    made = Home(str(os.getpid()))
    with contextlib.ExitStack() as undo:
        for who in WHO:
            ip("netns", "add", made.name(who))
            undo.callback(ip, "netns", "del", made.name(who))
        build(made)
        listener = subprocess.Popen(
            ["ip", "netns", "exec", made.name("box"), sys.executable, "-c", LISTEN], stdout=subprocess.PIPE
        )
        undo.callback(listener.wait, 10)
        undo.callback(listener.kill)
        assert listener.stdout
        assert listener.stdout.readline() == b"listening\n"
        yield made
        listener.stdout.close()


def build(home: Home) -> None:
    for who in WHO:
        home.run(who, "ip", "link", "set", "lo", "up")
        # No waiting for other people's addresses: there are none.
        home.run(who, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")
    home.run("switch", "ip", "link", "add", "bridge", "type", "bridge")
    home.run("switch", "ip", "link", "set", "bridge", "up")
    for who in ("box", "computer", "router"):
        home.run("switch", "ip", "link", "add", who, "type", "veth", "peer", "name", "lan", "netns", home.name(who))
        home.run("switch", "ip", "link", "set", who, "master", "bridge", "up")
        home.run(who, "ip", "link", "set", "lan", "up")
    home.run(
        "router", "ip", "link", "add", "wan", "type", "veth", "peer", "name", "wan", "netns", home.name("internet")
    )
    home.run("box", "ip", "link", "add", "wlan0", "type", "veth", "peer", "name", "wlan0", "netns", home.name("phone"))
    home.run("router", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    for who, device, *addresses in (
        ("computer", "lan", "192.168.7.20/24", "2001:db8:1::20/64", "fd00::20/64"),
        ("router", "lan", "192.168.7.1/24", "2001:db8:1::1/64"),
        ("router", "wan", "203.0.113.1/24", "2001:db8:f::1/64"),
        ("internet", "wan", "203.0.113.9/24", "2001:db8:f::9/64"),
        ("box", "lan", "192.168.7.10/24", "2001:db8:1::10/128", "fd00::10/64"),
        ("box", "wlan0", "10.42.0.1/24"),
        ("phone", "wlan0", "10.42.0.77/24"),
    ):
        home.run(who, "ip", "link", "set", device, "up")
        for address in addresses:
            home.run(who, "ip", "address", "add", address, "dev", device, *(["nodad"] if ":" in address else []))
    home.run("box", "ip", "route", "add", "default", "via", "192.168.7.1")
    # As hotspots do; the firewall is to hand on nothing all the same.
    home.run("box", "sysctl", "-qw", "net.ipv4.ip_forward=1")
    home.run("phone", "ip", "route", "add", "default", "via", "10.42.0.1")
    home.run("computer", "ip", "route", "add", "10.42.0.0/24", "via", "192.168.7.10")
    home.run("internet", "ip", "route", "add", "192.168.7.0/24", "via", "203.0.113.1")
    home.run("internet", "ip", "route", "add", "2001:db8:1::/64", "via", "2001:db8:f::1")
    home.run("box", "nft", "-f", RULES)
    announce(home)
    home.run("box", "sh", NEIGHBOURS)


def announce(home: Home) -> None:
    """The router tells of itself, until the box has its route."""
    end = time.monotonic() + 30
    while "via fe80" not in home.run("box", "ip", "-6", "route", "show", "default"):
        assert time.monotonic() < end, home.run("box", "ip", "-6", "address")
        assert home.python("router", ANNOUNCE, PREFIX)
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("source", "address"),
    [("", "192.168.7.10"), ("2001:db8:1::20", "2001:db8:1::10"), ("fd00::20", "fd00::10")],
)
def test_a_neighbour_reaches_the_console_also_with_an_address_of_the_internet(home, source, address):
    assert home.reaches("computer", address, 80, source)
    assert home.reaches("computer", address, 22, source)
    assert home.reaches("computer", address, 8080, source)
    assert home.reaches("computer", address, 443, source)
    assert home.reaches("computer", address, 4443, source)
    assert home.reaches("computer", address, 443, source, kind="udp")


def reaches_the_public_server_alone(home: Home, who: str, address: str, source: str = "") -> bool:
    """By its own ports, and by those that it is known by, which are the console's for neighbours."""
    return (
        home.reaches(who, address, 8080, source)
        and home.reaches(who, address, 8443, source)
        and home.reaches(who, address, 8443, source, kind="udp")
        and home.reaches(who, address, 80, source, led_to=8080)
        and home.reaches(who, address, 443, source, led_to=8443)
        and home.reaches(who, address, 443, source, led_to=8443, kind="udp")
        and not home.reaches(who, address, 22, source)
        and not home.reaches(who, address, 4443, source)
    )


@pytest.mark.parametrize("address", ["192.168.7.10", "2001:db8:1::10"])
def test_the_internet_reaches_the_public_server_only(home, address):
    assert reaches_the_public_server_alone(home, "internet", address)


@pytest.mark.parametrize(("source", "address"), [("192.168.7.1", "192.168.7.10"), ("2001:db8:1::1", "2001:db8:1::10")])
def test_a_router_that_hands_on_in_its_own_name_hands_on_the_public_server_only(home, source, address):
    assert reaches_the_public_server_alone(home, "router", address, source)


def test_while_the_box_is_a_gateway_who_comes_from_outside_is_led_there(home):
    """By IPv4 and TCP; the box's own web server has the rest. Nobody asks for the gateway's own port."""
    assert not home.reaches("internet", "192.168.7.10", 8445)
    home.run("box", "nft", "add", "element", "inet", "hearth", "shared", "{ 443, 8443 }")
    try:
        for who, source in (("internet", ""), ("router", "192.168.7.1")):
            for port in (443, 8443):
                assert home.reaches(who, "192.168.7.10", port, source, led_to=8445)
                assert home.reaches(who, "192.168.7.10", port, source, led_to=8443, kind="udp")
            assert home.reaches(who, "192.168.7.10", 80, source, led_to=8080)
        assert home.reaches("internet", "2001:db8:1::10", 443, led_to=8443)
        assert home.reaches("computer", "192.168.7.10", 443)
        assert home.reaches("computer", "192.168.7.10", 8443, led_to=8445)
        for who in ("internet", "computer", "router"):
            assert not home.reaches(who, "192.168.7.10", 8445)
    finally:
        home.run("box", "nft", "flush", "set", "inet", "hearth", "shared")
    assert reaches_the_public_server_alone(home, "internet", "192.168.7.10")


def test_a_router_with_another_address_of_the_home_is_known_by_its_hardware(home):
    home.run("router", "ip", "address", "add", "192.168.7.2/24", "dev", "lan")
    home.run("router", "ip", "address", "add", "fd00::2/64", "dev", "lan", "nodad")
    assert reaches_the_public_server_alone(home, "router", "192.168.7.10", "192.168.7.2")
    assert reaches_the_public_server_alone(home, "router", "fd00::10", "fd00::2")


def test_a_private_address_of_a_provider_is_no_neighbour(home):
    """Many homes are behind such addresses, and some routers hand on what comes from there as it is."""
    # A router that says nothing itself is not known by its hardware.
    for name in ("routers", "routers4"):
        home.run("box", "nft", "flush", "set", "inet", "hearth", name)
    home.run("internet", "ip", "address", "add", "10.9.9.9/24", "dev", "wan")
    home.run("router", "ip", "address", "add", "10.9.9.1/24", "dev", "wan")
    try:
        assert reaches_the_public_server_alone(home, "internet", "192.168.7.10", "10.9.9.9")
    finally:
        assert home.python("router", ANNOUNCE, PREFIX)


def test_who_passes_for_a_router_still_reaches_the_console_by_ipv4(home):
    """Anybody at home can send an announcement in the computer's name. It names a prefix too, of half of the world."""
    assert home.python("computer", ANNOUNCE, "2000::/3")
    try:
        eventually("the box believes it", lambda: "2000::/3" in home.run("box", "ip", "-6", "route", "show"))
        home.run("box", "sh", NEIGHBOURS)
        assert home.reaches("computer", "192.168.7.10", 80)
        assert home.reaches("computer", "192.168.7.10", 443)
        assert home.reaches("computer", "2001:db8:1::10", 80, "2001:db8:1::20", led_to=8080)
        assert "2000::/3" not in home.run("box", "nft", "list", "set", "inet", "hearth", "neighbours6")
    finally:
        home.run("box", "ip", "-6", "route", "flush", "default")
        home.run("box", "ip", "-6", "route", "del", "2000::/3", "dev", "lan")
        home.run("box", "nft", "flush", "set", "inet", "hearth", "routers")
        announce(home)
        home.run("box", "sh", NEIGHBOURS)


def test_who_had_the_gateways_address_is_soon_forgotten(home):
    assert home.reaches("router", "192.168.7.10", 8080, "192.168.7.1")
    known = home.run("box", "nft", "list", "set", "inet", "hearth", "routers4")
    assert known.count("timeout 10m expires") == 1


def hears(home: Home, waiting: str, *arguments: str, group: str = "192.168.7.10", source: int = 0) -> bool:
    """Whether the box hears what its router sends to where this program waits."""
    command = ["ip", "netns", "exec", home.name("box"), sys.executable, "-c", waiting, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as box:
        assert box.stdout
        assert home.python("router", TELL, group, int(box.stdout.readline()), source)
        return box.wait(10) == 0


def test_routers_are_heard_by_whoever_searched_for_them_and_by_nobody_else(home):
    assert hears(home, SEARCH, "yes")
    assert not hears(home, SEARCH, "no")


def test_what_routers_tell_everybody_is_heard(home):
    assert hears(home, HEAR, "239.255.255.250", "1900", group="239.255.255.250")
    assert hears(home, HEAR, "224.0.0.1", "5350", group="224.0.0.1", source=5351)
    assert not hears(home, HEAR, "239.255.255.250", "1901", group="239.255.255.250")


def test_a_phone_in_the_hotspot_reaches_the_console_and_nothing_else(home):
    assert home.reaches("phone", "10.42.0.1", 80)
    assert home.reaches("phone", "10.42.0.1", 53)
    for port in (22, 443, 4443, 8080, 8443):
        assert not home.reaches("phone", "10.42.0.1", port)
    assert not home.reaches("phone", "192.168.7.10", 80)
    assert not home.reaches("computer", "192.168.7.10", 53)


def test_nothing_is_handed_on_between_hotspot_and_home(home):
    listener = textwrap.dedent(LISTEN)
    with subprocess.Popen(
        ["ip", "netns", "exec", home.name("computer"), sys.executable, "-c", listener], stdout=subprocess.PIPE
    ) as there:
        assert there.stdout
        there.stdout.readline()
        try:
            assert home.reaches("box", "192.168.7.20", 80)
            assert not home.reaches("phone", "192.168.7.20", 80)
        finally:
            there.kill()


def test_a_hotspot_that_ends_is_forgotten_and_a_prefix_that_goes_as_well(home):
    home.run("box", "ip", "address", "del", "10.42.0.1/24", "dev", "wlan0")
    home.run("box", "ip", "address", "add", "10.42.0.5/24", "dev", "wlan0")
    home.run("box", "ip", "-6", "route", "del", "2001:db8:1::/64", "dev", "lan")
    home.run("box", "sh", NEIGHBOURS)
    assert "wlan0" not in home.run("box", "nft", "list", "set", "inet", "hearth", "hotspots")
    assert home.reaches("computer", "2001:db8:1::10", 80, "2001:db8:1::20", led_to=8080)
    assert home.reaches("phone", "10.42.0.5", 8080)
