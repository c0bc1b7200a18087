# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can stand between the internet and a box: broken like that, the box names it, and only it; mended, the way is
well again by itself."""

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.system.commands import CommandClient
from tests.end_to_end.waiting import eventually
from tests.lab.asking import give_back
from tests.lab.internet import address
from tests.lab.names import ZONE
from tests.lab.router import OFF, Control
from tests.lab.town import Town
from tests.repository import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

NAME = f"linden.{ZONE}"
SOMEBODY = address(9)


def nothing(town: Town) -> None:
    """It mends itself."""


@dataclass(frozen=True)
class Case:
    """`asked`: the owner has the box look again. What is far away, and was well, it looks at seldom by itself."""

    key: str
    breaks: Callable[[Town], object]
    mends: Callable[[Town], object]
    asked: bool = True


def _old_record(town: Town) -> None:
    """The world remembers what the name was before."""
    town.names.put(NAME, "A", SOMEBODY, ttl=25)
    town.names.forget()
    town.linden.space.run(["getent", "ahostsv4", NAME])
    town.names.put(NAME, "A", town.linden.home.outside)


def _rival(town: Town) -> None:
    """Somebody else at home had the ports before the box did."""
    nas = town.nas()
    ports = (f"{kind}:443:{nas.address}:5001:0:nas" for kind in ("TCP", "UDP"))
    town.linden.home.router.on(*ports)


def _no_rival(town: Town) -> None:
    router = str(town.linden.home.router.lan.ip)
    for udp in (False, True):
        give_back(town.nas(), router, 443, udp=udp)


def _records(town: Town) -> None:
    town.set_records(town.linden.home)


def _wake_without_hours(town: Town) -> None:
    """A board has no clock that goes on without power."""
    town.hours.stop()
    town.linden.cut_power()
    town.linden.start()


def _wake_after_months(town: Town) -> None:
    """It was switched off for long, and nobody renews anything just now."""
    town.linden.cut_power()
    town.authority.stop()
    town.authority.make_old(town.linden.certificate, timedelta(days=10))
    town.linden.start()


CASES = (
    Case(
        "no-link", lambda town: town.linden.home.pull_cable(), lambda town: town.linden.home.plug_cable(), asked=False
    ),
    Case(
        "no-dhcp-address",
        lambda town: town.linden.home.lose_address(),
        lambda town: town.linden.home.get_address(),
        asked=False,
    ),
    Case(
        "no-gateway",
        lambda town: town.linden.home.lose_gateway(),
        lambda town: town.linden.home.get_address(),
        asked=False,
    ),
    Case("no-dns", lambda town: town.names.stop(), lambda town: town.names.start(), asked=False),
    Case("clock-untrusted", _wake_without_hours, lambda town: town.hours.start(), asked=False),
    Case(
        "router-silent",
        lambda town: town.linden.home.router.set_control(OFF),
        lambda town: town.linden.home.router.set_control(Control()),
        asked=False,
    ),
    Case(
        "double-nat",
        lambda town: town.linden.home.put_modem(OFF),
        lambda town: town.linden.home.take_away(),
    ),
    Case(
        "carrier-nat",
        lambda town: town.linden.home.put_carrier(),
        lambda town: town.linden.home.take_away(),
    ),
    Case("port-taken", _rival, _no_rival, asked=False),
    Case(
        "port-refused",
        lambda town: town.linden.home.router.set_control(Control(refuses=True)),
        lambda town: town.linden.home.router.set_control(Control()),
        asked=False,
    ),
    Case(
        "port-filtered",
        lambda town: town.linden.home.line.block("tcp dport { 80, 443 }", "udp dport 443"),
        lambda town: town.linden.home.line.block(),
    ),
    Case(
        "provider-blocks-80",
        lambda town: town.linden.home.line.block("tcp dport 80"),
        lambda town: town.linden.home.line.block(),
    ),
    Case(
        "provider-blocks-443",
        lambda town: town.linden.home.line.block("tcp dport 443"),
        lambda town: town.linden.home.line.block(),
    ),
    Case("record-absent", lambda town: [town.names.put(NAME, kind) for kind in ("A", "AAAA")], _records),
    Case("record-wrong", lambda town: town.names.put(NAME, "A", SOMEBODY), _records),
    Case("record-stale", _old_record, nothing),
    Case("ipv6-only", lambda town: town.names.put(NAME, "A"), _records),
    Case("aaaa-broken", lambda town: town.names.put(NAME, "AAAA", "2a0f:ffff:77::1"), _records),
    Case("caa-forbids", lambda town: town.names.put(NAME, "CAA", '0 issue "other.lab"'), _records),
    Case(
        "no-hairpin",
        lambda town: town.linden.home.router.hairpin(False),
        lambda town: town.linden.home.router.hairpin(True),
    ),
    Case("certificate-expires", _wake_after_months, lambda town: town.authority.start(), asked=False),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_what_is_broken_is_named_and_heals_when_mended(town: Town, case: Case) -> None:
    case.breaks(town)
    try:
        raised = town.issues_until(town.linden, case.key, asking=case.asked)
    finally:
        case.mends(town)
        town.until_well(town.linden)
    assert raised <= {case.key}


class Gateway:
    """A friend's machine on the internet, with nobody in between."""

    def __init__(self, town: Town) -> None:
        self.space = town.world.host("gateway", 70)
        self._state = town.world.folder / "gateway"
        self._socket = town.world.folder / "gateway.sock"
        self._commands = CommandClient(self._socket, name="the gateway")
        self.space.run([*self._hearth, "gateway", "init", ZONE, "--no-service"])
        self.start()

    @property
    def _hearth(self) -> list[str | Path]:
        return ["env", f"--chdir={ROOT}", sys.executable, "-m", "appliance", "--state", self._state]

    def start(self) -> None:
        self._process = self.space.start("serve", [*self._hearth, "gateway", "serve", "--socket", self._socket])
        eventually("the gateway answers", lambda: self._commands.ask("gateway.list") is not None)

    def kill(self) -> None:
        self.space.end(self._process, signal.SIGKILL)

    def invite(self, name: str) -> str:
        return str(self._commands.ask("gateway.invite", {"name": name, "replace": False})["invitation"])


def test_a_gateway_that_is_gone_is_named_and_found_again(town: Town) -> None:
    """The last of all: the box is a gateway's member afterwards."""
    linden, gateway = town.linden, Gateway(town)
    town.names.put(ZONE, "A", gateway.space.address)
    linden.hearth("gateway", "use", gateway.invite("linden"))
    town.names.put(NAME, "A", gateway.space.address)
    town.names.put(NAME, "AAAA")
    town.until_well(linden, at=gateway.space.address)
    gateway.kill()
    raised = town.issues_until(linden, "gateway-lost")
    gateway.start()
    town.until_well(linden, at=gateway.space.address)
    assert raised <= {"gateway-lost"}
