# SPDX-License-Identifier: AGPL-3.0-or-later
"""The home network as the virtual doors look at it, over the machine socket."""

import contextlib
from datetime import datetime
from pathlib import Path

from appliance.board.virtual import home_network
from appliance.board.virtual.home_network import BOX, RIVAL, RIVAL_NAME, Authority, HomeNetwork
from appliance.errors import Unavailable
from appliance.internet.model import PUBLIC_PORTS, Link, Mapping, Outside, Records
from appliance.parse import from_dict
from appliance.system.caddy import Issuing, VirtualFront
from appliance.system.clock import Clock, SystemClock
from appliance.system.commands import CommandClient
from appliance.system.interfaces import Interfaces
from appliance.system.resolver import VirtualResolver
from appliance.system.router import Manners, Mood, VirtualRouter
from appliance.system.tunnel import TunnelState, VirtualTunnel

_SECONDS = 2.0
_LATE_DAYS = 10.0
_CLOCK_EVERY = 1.0  # the supervisor's loop asks the clock often


class HomeDoor:
    """How the home is right now."""

    def __init__(self, machine_socket: Path) -> None:
        self._machine = CommandClient(machine_socket, name="the virtual board")

    def look(self) -> HomeNetwork:
        """Raises Unavailable."""
        return from_dict(HomeNetwork, self._machine.ask("home.network", timeout=_SECONDS))


class HomeClock:
    """Implements `clock.Clock`: this computer's, which the front panel can make a box's that has heard from no time
    server yet."""

    def __init__(self, home: HomeDoor) -> None:
        self._home = home
        self._clock = SystemClock(assume_trusted=True)
        self._trusted, self._look_at = True, 0.0

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def trusted(self) -> bool:
        now = self.monotonic()
        if now >= self._look_at:
            self._look_at = now + _CLOCK_EVERY
            with contextlib.suppress(Unavailable):
                self._trusted = self._home.look().clock
        return self._trusted


class HomeInterfaces:
    """Implements `interfaces.Interfaces`: this computer's addresses, which are typed into browsers, and the home's
    way to the gateway."""

    def __init__(self, home: HomeDoor, computer: Interfaces) -> None:
        self._home = home
        self._computer = computer

    def host(self) -> str:
        return self._computer.host()

    def machine(self) -> str:
        return self._computer.machine()

    def addresses(self) -> tuple[str, ...]:
        return self._computer.addresses()

    def link(self) -> Link:
        return home_network.link(self._home.look())


class HomeOutside:
    """Implements `outside.OutsideDoor`, with no helper needed."""

    def __init__(self, home: HomeDoor, router: VirtualRouter) -> None:
        self._home = home
        self._router = router

    def look(self, name: str, helpers: tuple[str, ...]) -> Outside | None:
        home = self._home.look()
        held = self._router.look(PUBLIC_PORTS) if home.upnp and home.cable else None
        found = home_network.outside(home, held.mappings if held else (), held.pinholes if held else ())
        return found if found.seen4 or found.seen6 else None


class HomeTunnel(VirtualTunnel):
    """Implements `tunnel.TunnelDoor`: to a gateway that answers as the front panel says."""

    def __init__(self, home: HomeDoor) -> None:
        super().__init__()
        self._home = home

    def look(self) -> TunnelState | None:
        self.answers = self._home.look().gateway
        return super().look()


def home_front(home: HomeDoor, clock: Clock) -> VirtualFront:
    return VirtualFront(clock.now, lambda: issuing(home.look()))


def issuing(home: HomeNetwork) -> Issuing:
    if home.authority is Authority.REFUSES:
        # As Caddy says it of one that counted nothing, so that it is asked again soon.
        return Issuing(refuses="performing request: the authority gives no certificates today", revoked=True)
    return Issuing(left=_LATE_DAYS) if home.authority is Authority.LATE else Issuing()


def home_router(home: HomeDoor, clock: Clock) -> VirtualRouter:
    return VirtualRouter(clock, lambda: manners(home.look()), host=BOX)


def home_resolver(door: HomeDoor) -> VirtualResolver:
    def look(name: str) -> tuple[Records, Records] | None:
        home = door.look()
        return home_network.records(home, name) if home.cable and home.dns else None

    return VirtualResolver(look)


def manners(home: HomeNetwork) -> Manners:
    rival = home_network.rival_port(home)
    return Manners(
        mood=Mood.WELL if home.upnp and home.cable else Mood.SILENT,
        outside=home_network.router_outside(home),
        rivals=(Mapping(rival, RIVAL, None, name=RIVAL_NAME),) if rival else (),
        restarts=home.restarts,
    )
