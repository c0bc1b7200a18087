# SPDX-License-Identifier: AGPL-3.0-or-later
"""What follows from how the home network is, so that all virtual doors say the same."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.board.virtual import home_network
from appliance.board.virtual.box import VirtualBox
from appliance.board.virtual.commands import machine_commands
from appliance.board.virtual.home_doors import HomeClock, HomeDoor, HomeTunnel, issuing
from appliance.board.virtual.home_network import BOX, HOME, SHARED, Authority, DnsRecord, HomeNetwork, Nat
from appliance.board.virtual.machine import Machine
from appliance.errors import Unavailable
from appliance.internet.model import PUBLIC_PORTS, Answered, Mapping
from appliance.system.clock import VirtualClock
from appliance.system.commands import CommandServer
from appliance.system.guard import is_global

MAPPED = tuple(Mapping(port, BOX, 3600) for port in PUBLIC_PORTS)
REACHED, OTHER, SILENT = Answered.REACHED, Answered.OTHER, Answered.SILENT


def answers(home: HomeNetwork, mappings: tuple[Mapping, ...] = MAPPED) -> list[Answered]:
    return [attempt.answered for attempt in home_network.outside(home, mappings).attempts]


def test_in_an_ordinary_home_the_box_is_reached_through_what_the_router_maps() -> None:
    home = HomeNetwork()
    assert answers(home) == [REACHED] * 3
    assert answers(home, MAPPED[:1]) == [REACHED, SILENT, SILENT]
    assert answers(home, ()) == [SILENT] * 3
    assert answers(HomeNetwork(upnp=False, forwarded=True), ()) == [REACHED] * 3
    found = home_network.outside(home, MAPPED)
    assert found.seen4 == home_network.router_outside(home) == HOME
    assert found.hairpin


def test_what_leads_to_another_machine_does_not_lead_here() -> None:
    elsewhere = tuple(dataclasses.replace(mapping, host=home_network.RIVAL) for mapping in MAPPED)
    assert answers(HomeNetwork(), elsewhere) == [SILENT] * 3
    assert answers(HomeNetwork(rival=True), (MAPPED[0], elsewhere[1], MAPPED[2])) == [REACHED, OTHER, REACHED]
    assert answers(HomeNetwork(rival=True, forwarded=True), ()) == [REACHED, OTHER, REACHED]
    # What it does not hold yet it does not take away.
    assert answers(HomeNetwork(rival=True)) == [REACHED] * 3


def test_nobody_comes_through_two_routers_or_a_carrier() -> None:
    for nat, seen in ((Nat.ROUTER, HOME), (Nat.CARRIER, SHARED)):
        home = HomeNetwork(nat=nat)
        assert answers(home) == [SILENT] * 3
        assert home_network.outside(home, MAPPED).seen4 == seen
        assert home_network.router_outside(home) != seen
        assert not is_global(home_network.router_outside(home) or "")


def test_a_provider_blocks_one_port_and_leaves_the_other() -> None:
    assert answers(HomeNetwork(blocks_80=True)) == [SILENT, REACHED, REACHED]
    assert answers(HomeNetwork(blocks_443=True)) == [REACHED, SILENT, SILENT]


def test_without_a_cable_nothing_is_found_at_all() -> None:
    home = HomeNetwork(cable=False)
    assert not home_network.link(home).carrier
    assert home_network.outside(home, MAPPED) == home_network.Outside()


def test_by_ipv6_alone_the_box_is_its_own_address_outside() -> None:
    home = HomeNetwork(ipv6_only=True)
    assert home_network.router_outside(home) is None
    found = home_network.outside(home, MAPPED, PUBLIC_PORTS)
    assert (found.seen4, found.seen6) == (None, home_network.link(home).address6)
    assert {attempt.answered for attempt in found.attempts} == {REACHED}
    assert home_network.records(home, "a.example.org")[0].aaaa == (found.seen6,)


def test_what_the_domain_name_system_has() -> None:
    def seen(record: DnsRecord, nat: Nat = Nat.NOBODY) -> tuple[tuple[str, ...], tuple[str, ...]]:
        there, elsewhere = home_network.records(HomeNetwork(record=record, nat=nat), "a.example.org")
        return there.a, elsewhere.a

    assert seen(DnsRecord.RIGHT) == ((HOME,), (HOME,))
    assert seen(DnsRecord.RIGHT, Nat.CARRIER) == ((SHARED,), (SHARED,))
    assert seen(DnsRecord.MISSING) == ((), ())
    wrong, _ = seen(DnsRecord.WRONG)
    assert wrong not in ((), (HOME,))
    there, elsewhere = seen(DnsRecord.STALE)
    assert there == (HOME,)
    assert elsewhere not in ((), (HOME,))


@pytest.mark.parametrize("address", [HOME, SHARED, home_network.BOX6, home_network.YESTERDAY, home_network.ELSEWHERE])
def test_what_is_outside_looks_like_the_internet(address: str) -> None:
    assert is_global(address)


@pytest.fixture
def machine() -> Machine:
    return Machine(VirtualClock())


@pytest.fixture
def door(machine: Machine, tmp_path: Path) -> Iterator[HomeDoor]:
    box = VirtualBox(machine, lambda changed: None, VirtualClock())  # type: ignore[arg-type,return-value]
    server = CommandServer(tmp_path / "m.sock", machine_commands(box), users={os.geteuid()})
    server.start()
    yield HomeDoor(tmp_path / "m.sock")
    server.close()


def test_the_doors_see_how_the_home_is_now(machine: Machine, door: HomeDoor) -> None:
    assert door.look() == HomeNetwork()
    home = HomeNetwork(cable=False, nat=Nat.CARRIER, record=DnsRecord.STALE, blocks_80=True)
    machine.rearrange(home)
    assert door.look() == home


def test_the_clock_is_as_the_home_has_it(machine: Machine, door: HomeDoor) -> None:
    machine.rearrange(HomeNetwork(clock=False))
    assert not HomeClock(door).trusted()
    machine.rearrange(HomeNetwork())
    assert HomeClock(door).trusted()


def test_a_clock_without_a_board_goes_on(tmp_path: Path) -> None:
    door = HomeDoor(tmp_path / "nobody.sock")
    assert HomeClock(door).trusted()
    with pytest.raises(Unavailable):
        door.look()


def test_what_else_may_be_wrong_with_the_name_is_so_everywhere() -> None:
    for found in home_network.records(HomeNetwork(aaaa=False, caa=False), "a.example.org"):
        assert (found.a, found.aaaa, found.caa) == ((HOME,), ("2600:99::1",), ("other.example",))
    for found in home_network.records(HomeNetwork(), "a.example.org"):
        assert (found.aaaa, found.caa) == ((), None)


def test_an_authority_refuses_or_is_late() -> None:
    assert issuing(HomeNetwork()).refuses == ""
    refusing = issuing(HomeNetwork(authority=Authority.REFUSES))
    assert refusing.refuses
    assert refusing.revoked
    assert issuing(HomeNetwork(authority=Authority.LATE)).left == 10


def test_a_gateway_is_lost_and_found() -> None:
    class Door:
        now = HomeNetwork()

        def look(self) -> HomeNetwork:
            return self.now

    door = Door()
    tunnel = HomeTunnel(door)  # type: ignore[arg-type]
    tunnel.start()
    for there in (True, False, True):
        door.now = HomeNetwork(gateway=there)
        state = tunnel.look()
        assert state is not None
        assert state.connected is there
