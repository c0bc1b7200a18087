# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can stand between the internet and a box: broken like that, the box names it, and only it; mended, the way is
well again by itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.lab.asking import give_back
from tests.lab.internet import address
from tests.lab.names import ZONE
from tests.lab.router import OFF, Control
from tests.lab.town import Town, new_town
from tests.lab.world import missing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

NAME = f"linden.{ZONE}"
SOMEBODY = address(9)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    if reason := missing():
        pytest.skip(f"the lab is left out: {reason}")
    with new_town() as town:
        town.set_up()
        for box in town.boxes:
            town.until_well(box)
        yield town


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
        asked=False,
    ),
    Case(
        "carrier-nat",
        lambda town: town.linden.home.put_carrier(),
        lambda town: town.linden.home.take_away(),
        asked=False,
    ),
    Case("port-taken", _rival, _no_rival, asked=False),
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
