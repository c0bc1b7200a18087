# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ports opened at real routers by the real door: PCP, NAT-PMP and UPnP, rivals, restarts, and the way back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from appliance.internet.model import PUBLIC_PORTS, PortControl
from appliance.internet.model import Router as Seen
from appliance.system.clock import SystemClock
from appliance.system.interfaces import SystemInterfaces
from appliance.system.router.system import SystemRouter
from appliance.system.runner import SystemRunner
from tests.end_to_end.waiting import eventually
from tests.lab.home import Home
from tests.lab.probes import asks, greeter
from tests.lab.router import Control
from tests.lab.world import World

pytestmark = pytest.mark.timeout(120)
HTTP, HTTPS, QUIC = PUBLIC_PORTS


class Interfaces(SystemInterfaces):
    """Of a machine that knows its own id; a build machine may have none."""

    def machine(self) -> str:
        return "a machine in the lab"


@dataclass
class Box:
    """The door as the supervisor in this home would hold it: children inherit the thread's network."""

    home: Home
    door: SystemRouter

    def look(self) -> Seen:
        with self.home.box.inside():
            return self.door.look(PUBLIC_PORTS)

    def open_all(self) -> None:
        with self.home.box.inside():
            for port in PUBLIC_PORTS:
                self.door.open(port)

    def held(self) -> set[tuple[str, int, str]]:
        found = self.look().mappings
        return {(each.port.protocol.value, each.port.outside, each.host) for each in found}

    def close(self) -> None:
        with self.home.box.inside():
            self.door.close(PUBLIC_PORTS)

    def ours(self) -> set[tuple[str, int, str]]:
        return {(port.protocol.value, port.outside, self.home.address) for port in PUBLIC_PORTS}


def box_at(home: Home) -> Box:
    box = Box(home, SystemRouter(SystemRunner(), Interfaces(), SystemClock()))
    if home.router.control.upnp or home.router.control.natpmp:
        eventually("the router answers", lambda: box.look().control)
    return box


@pytest.fixture(scope="module")
def home(world: World) -> Home:
    return world.home("linden")


@pytest.fixture
def box(home: Home) -> Iterator[Box]:
    """At a router that was just switched on and speaks everything."""
    home.router.set_control(Control())
    yield box_at(home)
    home.router.set_control(Control())


@pytest.mark.parametrize(
    ("control", "speaks"),
    [
        (Control(upnp=False), [PortControl.PCP]),
        (Control(natpmp=False), [PortControl.UPNP]),
        (Control(), [PortControl.PCP]),
    ],
)
def test_visitors_get_in_until_the_ports_are_closed(
    world: World, home: Home, control: Control, speaks: Sequence[PortControl]
) -> None:
    home.router.set_control(control)
    box = box_at(home)
    assert box.look().control in speaks
    assert box.look().outside == home.outside
    box.open_all()
    assert box.held() == box.ours()
    with greeter(home.box, 8080), greeter(home.box, 8443):
        assert asks(world.visitor, home.outside, 80) == world.visitor.address
        assert asks(world.visitor, home.outside, 443) == world.visitor.address
        box.close()
        assert box.held() == set()
        assert asks(world.visitor, home.outside, 443, 0.5) is None
    home.router.set_control(Control())
