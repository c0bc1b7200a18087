# SPDX-License-Identifier: AGPL-3.0-or-later
"""Homes that nobody can reach, reached through a gateway in another home: real routers, NAT and processes."""

import contextlib
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.gateway.invitation import parse
from appliance.system.commands import CommandClient
from tests.end_to_end.waiting import eventually
from tests.gateway.played import Authority
from tests.lab.asking import ask_for
from tests.lab.box import Box
from tests.lab.home import Home
from tests.lab.names import ZONE
from tests.lab.probes import fetches
from tests.lab.router import Control
from tests.lab.spaces import Namespace
from tests.lab.world import World
from tests.repository import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

DOMAIN = f"gw.{ZONE}"
RECONNECT_SECONDS = 15.0
# As hearth-tunnel-routes.service does.
ROUTES = (
    ("route", "replace", "local", "default", "dev", "lo", "table", "8443"),
    ("rule", "add", "pref", "8443", "from", "127.0.0.1", "iif", "lo", "lookup", "8443"),
)


def hearth(space: Namespace, *arguments: str | Path) -> str:
    return space.run(["env", f"--chdir={ROOT}", sys.executable, "-m", "appliance", *arguments])


class Gateway:
    """In a home with a public address of its own, behind an ordinary router that leads two ports to it."""

    def __init__(self, world: World, home: Home) -> None:
        self.home = home
        self.space = home.host("gateway", 40)
        self._folder = world.folder / f"gateway-{home.name}"
        self._socket = world.folder / f"{home.name}.sock"
        self.commands = CommandClient(self._socket, name="the gateway")
        ports = ("--https-port", "8443", "--http-port", "8080")
        hearth(self.space, "--state", self._folder, "gateway", "init", DOMAIN, "--no-service", *ports)
        router = str(home.router.lan.ip)
        for outside, inside in ((80, 8080), (443, 8443)):
            got = eventually("a port", lambda o=outside, i=inside: ask_for(self.space, router, i, o))
            assert got == outside
        self.start()

    def start(self) -> None:
        serve = [
            sys.executable,
            "-m",
            "appliance",
            "--state",
            self._folder,
            "gateway",
            "serve",
            "--socket",
            self._socket,
        ]
        self._process = self.space.start("serve", ["env", f"--chdir={ROOT}", *serve])
        eventually("the gateway answers", lambda: self.commands.ask("gateway.list") is not None)

    def kill(self) -> None:
        self.space.end(self._process, signal.SIGKILL)

    def invite(self, name: str, *, replace: bool = False) -> str:
        return str(self.commands.ask("gateway.invite", {"name": name, "replace": replace})["invitation"])

    def connected(self, name: str) -> bool:
        return any(each["connected"] for each in self.commands.ask("gateway.list") if each["name"] == name)


@pytest.fixture(scope="module")
def gateway(world: World) -> Gateway:
    names = world.with_names()
    home = world.home("linden")
    for name in (DOMAIN, *(f"{each}.{DOMAIN}" for each in ("quince", "rowan", "alder"))):
        names.put(name, "A", home.outside)
    return Gateway(world, home)


@pytest.fixture(scope="module")
def authority(world: World) -> Authority:
    return Authority(world.folder)


@contextlib.contextmanager
def tunnel(world: World, home: Home, invitation: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The box's end, as its unit starts it."""
    credentials = world.folder / f"{home.name}-credentials"
    credentials.mkdir(exist_ok=True)
    (credentials / "gateway-invitation").write_text(invitation)
    (credentials / "gateway-token").write_text(f"{abs(hash(invitation)):064x}")
    if not home.box.run(["ip", "rule", "list", "pref", "8443"]):
        for words in ROUTES:
            home.box.ip("-4", *words)
        # The strictest that a kernel knows about where packets may come from.
        for name in ("all", "lo", "eth0"):
            home.box.setting(f"net.ipv4.conf.{name}.rp_filter", "1")
    serve = ["env", f"--chdir={ROOT}", sys.executable, "-m", "appliance", "service", "tunnel"]
    process = home.box.start("tunnel", serve, {"CREDENTIALS_DIRECTORY": str(credentials)})
    try:
        yield process
    finally:
        home.box.end(process)


@contextlib.contextmanager
def web_server(where: Namespace, port: int, tls: ssl.SSLContext) -> Iterator[None]:
    """TLS: to each line it says the visitor's address, and the line again."""
    with where.inside():
        server = socket.create_server(("0.0.0.0", port), backlog=64)

    def serve(line: socket.socket, address: str) -> None:
        with contextlib.suppress(OSError), line, tls.wrap_socket(line, server_side=True) as secured:
            while words := secured.recv(4096):
                secured.sendall(f"{address} ".encode() + words)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                line, (address, _) = server.accept()
                threading.Thread(target=serve, args=(line, address), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def says(world: World, home: Home, authority: Authority, name: str, words: str) -> str:
    """What a visitor hears who goes to the gateway's address and insists on the name's certificate."""
    with world.visitor.inside():
        line = socket.create_connection((home.outside, 443), 5)
    with line, authority.client().wrap_socket(line, server_hostname=name) as secured:
        secured.sendall(words.encode())
        return secured.recv(4096).decode()


@contextlib.contextmanager
def dump(where: Namespace) -> Iterator[bytearray]:
    """All that goes through a host's cable."""
    seen = bytearray()
    with where.inside():
        line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    line.bind(("eth0", 3))
    line.settimeout(0.2)
    over = threading.Event()

    def listen() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                seen.extend(line.recv(65536))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join(5)
        line.close()


@pytest.mark.parametrize("kind", ["two routers", "a carrier"])
def test_a_home_that_nobody_reaches_is_reached(world: World, gateway: Gateway, authority: Authority, kind: str) -> None:
    """By its own certificate, with the visitor's own address, and with nothing to be read at the gateway."""
    name = "quince" if kind == "two routers" else "rowan"
    home = world.home(name, modem=Control() if kind == "two routers" else None, carrier=kind == "a carrier")
    full = f"{name}.{DOMAIN}"
    with (
        dump(gateway.space) as seen,
        web_server(home.box, 8444, authority.server(full)),
        tunnel(world, home, gateway.invite(name)),
    ):
        eventually("the box is there", lambda: gateway.connected(full))
        answer = says(world, gateway.home, authority, full, "a word in confidence")
        assert answer == f"{world.visitor.address} a word in confidence"
        eventually("the dump has it", lambda: full.encode() in seen)
        time.sleep(0.3)
    assert b"confidence" not in seen
    assert len(seen) > 5000


def test_a_gateway_that_was_killed_is_back_in_time(world: World, gateway: Gateway, authority: Authority) -> None:
    home = world.home("alder", carrier=True)
    full = f"alder.{DOMAIN}"
    with web_server(home.box, 8444, authority.server(full)), tunnel(world, home, gateway.invite("alder")):
        eventually("the box is there", lambda: gateway.connected(full))
        assert says(world, gateway.home, authority, full, "before")
        gateway.kill()
        began = time.monotonic()
        gateway.start()
        eventually(
            "visitors come again",
            lambda: says(world, gateway.home, authority, full, "after"),
            seconds=RECONNECT_SECONDS,
        )
        print(f"reachable {time.monotonic() - began:.1f} s after the gateway was killed")


def test_a_whole_box_behind_a_carrier_gets_its_certificate_through_the_gateway(world: World) -> None:
    authority = world.with_authority()
    assert world.names is not None
    gateway = Gateway(world, world.home("elder"))
    name = f"hazel.{DOMAIN}"
    for each in (DOMAIN, name):
        world.names.put(each, "A", gateway.home.outside)
    world.names.forget()
    box = Box(world.home("hazel", carrier=True), world.folder, authority, name)
    for words in ROUTES:
        box.space.ip("-4", *words)
    invitation = gateway.invite("hazel")
    assert parse(invitation).name == name
    try:
        box.start().set_up()
        box.hearth("gateway", "use", invitation)
        eventually("the box is there", lambda: gateway.connected(name), seconds=30)

        def fetched() -> bool:
            return fetches(world.visitor, gateway.home.outside, name, authority.root, "/.well-known/nodeinfo")[0] == 200

        eventually("a visitor gets in", fetched, seconds=90)
        # Whose address only the gateway knows is tried by nobody (by the public listener, GET is what is refused).
        status, body = fetches(world.visitor, gateway.home.outside, name, authority.root, "/.well-known/hearth/reach")
        assert (status, json.loads(body)["key"]) == (403, "through-gateway")
        issues = [each["key"] for each in json.loads(box.hearth("--json", "status"))["issues"]]
        assert not {"carrier-nat", "gateway-lost"} & set(issues)
        box.hearth("gateway", "leave")
        eventually("the box is gone", lambda: not gateway.connected(name))
    except BaseException:
        print(box.words())
        raise
    finally:
        box.remove()
