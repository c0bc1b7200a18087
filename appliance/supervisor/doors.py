# SPDX-License-Identifier: AGPL-3.0-or-later
"""The supervisor's doors to the world, and which ones are opened where: on a box, on a laptop that plays one, and on
one whose home network is real."""

import math
from dataclasses import dataclass, replace

from appliance.board.host import SystemHost
from appliance.board.model import Board, Host
from appliance.board.virtual import real_home
from appliance.board.virtual.door import VirtualBoard
from appliance.board.virtual.home_doors import (
    HomeClock,
    HomeDoor,
    HomeInterfaces,
    HomeOutside,
    HomeTunnel,
    home_front,
    home_resolver,
    home_router,
)
from appliance.board.virtual.host import VirtualHost
from appliance.config import Config, Home
from appliance.fediverse.client import InstanceClient
from appliance.internet.outside_check import OutsideByHelpers
from appliance.system.bus import SystemBus
from appliance.system.caddy import CaddyFront, WebFront
from appliance.system.clock import Clock, SystemClock
from appliance.system.files import Files, SystemFiles, VirtualFiles
from appliance.system.firewall import Firewall, SystemFirewall, VirtualFirewall
from appliance.system.interfaces import Interfaces, SystemInterfaces
from appliance.system.local_name import AvahiName, LocalName
from appliance.system.naming import DynamicName, SystemDynamicName, VirtualDynamicName
from appliance.system.network_manager import NetworkManager
from appliance.system.network_manager_wifi import NetworkManagerWifi
from appliance.system.outside import OutsideDoor
from appliance.system.resolver import Resolver, SystemResolver
from appliance.system.router import Router
from appliance.system.router.announcements import Announcements, SystemAnnouncements
from appliance.system.router.system import SystemRouter
from appliance.system.runner import SystemRunner
from appliance.system.ssh import Ssh, SystemSsh, VirtualSsh
from appliance.system.systemd import Systemd
from appliance.system.tunnel import TunnelDoor, UnitTunnel
from appliance.system.units import SystemdUnits, Units, VirtualUnits
from appliance.system.virtual_wifi import VirtualWifi
from appliance.system.wifi import Wifi


@dataclass(frozen=True)
class Doors:
    """Everything through which the supervisor touches the world."""

    clock: Clock
    files: Files
    board: Board
    host: Host
    interfaces: Interfaces
    units: Units
    wifi: Wifi
    ssh: Ssh
    firewall: Firewall
    resolver: Resolver
    front: WebFront
    naming: DynamicName
    tunnel: TunnelDoor
    router: Router | None = None
    announcements: Announcements | None = None
    outside: OutsideDoor | None = None
    local_name: LocalName | None = None
    latest: float = math.inf  # seconds between two looks out of the home, where they cost nobody anything


def real_doors(config: Config) -> Doors:
    # Only here: a laptop need not hold the drivers in its memory.
    from appliance.board.open import open_board

    clock, runner, bus, files = SystemClock(), SystemRunner(), SystemBus(), SystemFiles()
    interfaces = SystemInterfaces()
    units = SystemdUnits(runner, Systemd(bus))
    return Doors(
        clock=clock,
        files=files,
        board=open_board(runner),
        host=SystemHost(runner),
        interfaces=interfaces,
        units=units,
        wifi=NetworkManagerWifi(NetworkManager(bus), runner),
        ssh=SystemSsh(runner),
        firewall=SystemFirewall(runner),
        router=SystemRouter(runner, interfaces, clock),
        announcements=SystemAnnouncements(interfaces, clock),
        resolver=SystemResolver(runner),
        front=CaddyFront(runner, files, config.web, config.authority),
        naming=SystemDynamicName(runner, files, config.runtime / "name"),
        tunnel=UnitTunnel(units),
        local_name=AvahiName(bus),
        outside=OutsideByHelpers(InstanceClient(config.admin_socket)),
    )


def virtual_doors(config: Config) -> Doors:
    machine, files = config.machine_socket, VirtualFiles()
    home = HomeDoor(machine)
    clock = HomeClock(home)
    router = home_router(home, clock)
    doors = Doors(
        clock=clock,
        files=files,
        board=VirtualBoard(machine),
        host=VirtualHost(machine, SystemHost(SystemRunner()), files),
        interfaces=HomeInterfaces(home, SystemInterfaces()),
        units=VirtualUnits(machine, clock),
        wifi=VirtualWifi(),
        ssh=VirtualSsh(),
        firewall=VirtualFirewall(),
        router=router,
        resolver=home_resolver(home),
        front=home_front(home, clock),
        naming=VirtualDynamicName(),
        tunnel=HomeTunnel(home),
        outside=HomeOutside(home, router),
        latest=3.0,
    )
    return _in_a_real_home(config, doors) if config.home is Home.REAL else doors


def _in_a_real_home(config: Config, doors: Doors) -> Doors:
    """A virtual board whose home network is this machine's own."""
    runner, interfaces = SystemRunner(), SystemInterfaces()
    heard = config.time_heard
    clock = SystemClock(heard=heard) if heard else SystemClock(assume_trusted=True)
    return replace(
        doors,
        clock=clock,
        interfaces=interfaces,
        firewall=SystemFirewall(runner, [str(real_home.neighbours())]),
        resolver=SystemResolver(runner),
        front=CaddyFront(runner, doors.files, config.web, config.authority),
        naming=SystemDynamicName(runner, doors.files, config.runtime / "name", walled=False),
        tunnel=UnitTunnel(doors.units),
        router=SystemRouter(runner, interfaces, clock),
        announcements=SystemAnnouncements(interfaces, clock),
        outside=OutsideByHelpers(InstanceClient(config.admin_socket)),
        latest=math.inf,
    )
