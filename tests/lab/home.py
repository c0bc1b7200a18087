# SPDX-License-Identifier: AGPL-3.0-or-later
"""Home: one or two routers at an internet line, the box behind them, and whoever else is there."""

from pathlib import Path

from tests.lab.dhcp import Dhcp
from tests.lab.internet import GATEWAY, Internet, Line
from tests.lab.router import OFF, Control, Router
from tests.lab.spaces import Namespace, Spaces, cable

_BOX = 10


class Home:
    """`router` is the one that the box is at; `first` the one at the provider's line: itself, the modem that is before
    it, or the provider's own that keeps many homes behind one address."""

    def __init__(
        self,
        name: str,
        internet: Internet,
        spaces: Spaces,
        folder: Path,
        number: int,
        *,
        control: Control,
        modem: Control | None = None,
        carrier: bool = False,
        ipv6: bool = True,
    ) -> None:
        assert not (modem and carrier)
        self.name = name
        self._spaces = spaces
        self._folder = folder
        self._number = number
        self.line: Line = internet.line(ipv6=ipv6 and modem is None)
        self.router = self._router("router", f"192.168.{number}.1/24", control, self.line.prefix)
        self.first = self.router
        self.line.plug(self.router.space)
        self._bridge()
        self.box = self._plugged_in("box", _BOX)
        self._dhcp = Dhcp(self.router.space, str(self.router.lan.ip), self.box, self.address, folder)
        self._address6(self.box, _BOX)
        self.router.connect(self.line.new_address(), GATEWAY)
        self.router.on()
        if modem is not None:
            self.put_modem(modem)
        elif carrier:
            self.put_carrier()

    @property
    def outside(self) -> str:
        """Its address on the internet, which is not its own behind carrier-grade NAT."""
        return self.first.outside

    @property
    def address(self) -> str:
        return self.address_of(_BOX)

    @property
    def address6(self) -> str | None:
        return f"{self.line.prefix}{_BOX:x}" if self.line.prefix else None

    def address_of(self, last: int) -> str:
        return str(self.router.lan.ip - 1 + last)

    def host(self, kind: str, last: int) -> Namespace:
        """Somebody more at home, at its 192.168.<n>.<last>."""
        space = self._plugged_in(kind, last)
        space.ip("address", "replace", f"{space.address}/24", "dev", "eth0")
        space.ip("route", "replace", "default", "via", str(self.router.lan.ip))
        self._address6(space, last)
        return space

    # What happens to the box's own end.

    def pull_cable(self) -> None:
        self.router.space.ip("link", "set", f"port{_BOX}", "down")

    def plug_cable(self) -> None:
        self.router.space.ip("link", "set", f"port{_BOX}", "up")

    def lose_address(self) -> None:
        """The router has no address for it any more."""
        self._dhcp.fall_silent()
        self.box.ip("-6", "address", "flush", "dev", "eth0", "scope", "global")

    def get_address(self) -> None:
        self._dhcp.serve()
        self._dhcp.told("there is an address", lambda: self._dhcp.has_address() and self._dhcp.has_gateway())
        self._address6(self.box, _BOX)

    def lose_gateway(self) -> None:
        """The router tells of no way out any more."""
        self._dhcp.serve(gateway=False)
        self._dhcp.told("there is no way out", lambda: not self._dhcp.has_gateway())
        if self.line.prefix:
            self.box.ip("-6", "route", "del", "default")

    # What may stand between the router and the line.

    def put_modem(self, control: Control) -> None:
        """A second router before the first."""
        self._put(self._router("modem", "192.168.250.1/24", control, None))

    def put_carrier(self) -> None:
        """The provider's own, which keeps many homes behind one address."""
        self._put(self._router("provider", f"100.64.{self._number}.1/24", OFF, None, through6=True))

    def take_away(self) -> None:
        """The router is at the line again, alone."""
        between, self.first = self.first, self.router
        self.router.space.ip("link", "del", "wan")
        between.space.give("wan", self.router.space)
        self.router.connect(between.outside, GATEWAY)
        self.router.on()
        self._spaces.drop(between.space)

    def _put(self, between: Router) -> None:
        outside = self.first.outside
        self.router.space.give("wan", between.space)
        cable(between.space, "lan", self.router.space, "wan")
        between.lan_up()
        between.connect(outside, GATEWAY)
        between.serve6(self.line.prefix)
        self.first = between
        between.on()
        self.router.connect(str(between.lan.ip + 1), str(between.lan.ip))
        self.router.on()

    def new_address(self) -> str:
        """The provider gives the line another address on the internet."""
        address = self.line.new_address()
        self.first.connect(address, GATEWAY)
        return address

    def _router(self, kind: str, lan: str, control: Control, prefix: str | None, *, through6: bool = False) -> Router:
        space = self._spaces.new(f"{self.name}-{kind}")
        return Router(space, self._folder, lan, number=self._number, control=control, prefix=prefix, through6=through6)

    def _bridge(self) -> None:
        space = self.router.space
        space.ip("link", "add", "lan", "type", "bridge", "mcast_snooping", "0")
        space.ip("link", "set", "lan", "up")
        if Path("/proc/sys/net/bridge").exists():
            # A switch reads no addresses of the internet.
            space.setting("net.bridge.bridge-nf-call-iptables", "0")
            space.setting("net.bridge.bridge-nf-call-ip6tables", "0")
        self.router.lan_up()

    def _plugged_in(self, kind: str, last: int) -> Namespace:
        space = self._spaces.new(f"{self.name}-{kind}")
        port = f"port{last}"
        cable(self.router.space, port, space, "eth0")
        self.router.space.ip("link", "set", port, "master", "lan")
        space.address = self.address_of(last)
        return space

    def _address6(self, space: Namespace, last: int) -> None:
        """By hand: no router of the lab announces itself."""
        if self.line.prefix:
            space.address6 = f"{self.line.prefix}{last:x}"
            space.ip("-6", "address", "replace", f"{space.address6}/64", "dev", "eth0", "nodad")
            space.ip("-6", "route", "replace", "default", "via", f"{self.line.prefix}1")
