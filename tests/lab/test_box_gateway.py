# SPDX-License-Identifier: AGPL-3.0-or-later
"""A box at home is a gateway for a box that nobody reaches, under its own name and beside its own web server."""

import json
import signal
import subprocess
import sys

import pytest

from appliance.fediverse.reach.helper import ASK
from appliance.system.commands import CommandClient
from tests.end_to_end.waiting import eventually
from tests.gateway.played import Authority
from tests.lab.box import Box
from tests.lab.probes import asked_by_https, open_ports
from tests.lab.router import Control
from tests.lab.test_gateway import ROUTES, says, tunnel, web_server
from tests.lab.town import Town
from tests.repository import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
NONCE = "0123456789abcdef" * 2


class Opened:
    """The box's gateway, as its units start it."""

    def __init__(self, town: Town, box: Box) -> None:
        self._box = box
        self._folder = town.world.folder / "gateway"
        socket = town.world.folder / "gateway.sock"
        self.commands = CommandClient(socket, name="the gateway")
        box.hearth("gateway", "open", "--folder", str(self._folder), "--no-service")
        if not box.space.run(["ip", "rule", "list", "pref", "8443"]):
            for words in ROUTES:
                box.space.ip("-4", *words)
        serve = [sys.executable, "-m", "appliance", "--state", self._folder, "gateway", "serve", "--socket", socket]
        self._process: subprocess.Popen[bytes] = box.space.start("serve", ["env", f"--chdir={ROOT}", *serve])
        eventually("the gateway answers", lambda: self.commands.ask("gateway.list") is not None)
        # As hearth-gateway-door.service does.
        box.space.run(["nft", "add", "element", "inet", "hearth", "shared", "{ 443, 8443 }"])

    def invite(self, name: str) -> str:
        return str(self.commands.ask("gateway.invite", {"name": name})["invitation"])

    def connected(self, name: str) -> bool:
        return any(each["connected"] for each in self.commands.ask("gateway.list") if each["name"] == name)

    def close(self) -> None:
        self._box.space.run(["nft", "flush", "set", "inet", "hearth", "shared"])
        self._box.space.end(self._process, signal.SIGTERM)
        self._box.hearth("gateway", "close", "--folder", str(self._folder), "--no-service")


def seen_as(town: Town, box: Box) -> str:
    """The address that a visitor has for the box: it says which one it tried when a visitor asks it to try theirs."""
    where = (town.world.visitor, box.home.outside, box.name, town.authority.root)
    status, body = asked_by_https(*where, "POST", f"{ASK}?name=&nonce={NONCE}", b"", {"Content-Length": "0"})
    assert status == 200, body
    return str(json.loads(body)["address"])


def leads(town: Town, box: Box, name: str) -> str:
    """Where it sends whoever asks for a name by HTTP."""
    program = (
        "import http.client, sys; line = http.client.HTTPConnection(sys.argv[1], 80, timeout=5); "
        "line.request('GET', '/about', headers={'Host': sys.argv[2]}); print(line.getresponse().getheader('Location'))"
    )
    return town.world.visitor.run([sys.executable, "-c", program, box.home.outside, name]).strip()


def test_a_box_at_home_lets_another_be_reached_and_is_reached_itself(town: Town) -> None:
    box, world = town.linden, town.world
    name = f"alice.{box.name}"
    town.names.put(name, "A", box.home.outside)
    authority = Authority(world.folder)
    assert seen_as(town, box) == world.visitor.address
    opened = Opened(town, box)
    home = world.home("elm", modem=Control())
    try:
        with web_server(home.box, 8444, authority.server(name)), tunnel(world, home, opened.invite("alice")):
            eventually("the member is there", lambda: opened.connected(name), seconds=40)
            answer = says(world, box.home, authority, name, "a word in confidence")
            assert answer == f"{world.visitor.address} a word in confidence"
            # The box itself is where it was, for who comes by its name, by another or by none.
            assert town.reached(box)
            assert seen_as(town, box) == world.visitor.address
            assert town.reached(box, box.home.address6)
            box.supervisor.internet_look()
            town.until_well(box)
            for each in (name, box.name):
                assert leads(town, box, each) == f"https://{each}/about"
            assert open_ports(world.visitor, box.home.outside, range(8000, 9000)) == set()
        eventually("the member is gone", lambda: not opened.connected(name))
    finally:
        opened.close()
    assert town.reached(box)
    assert seen_as(town, box) == world.visitor.address
