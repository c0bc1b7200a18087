# SPDX-License-Identifier: AGPL-3.0-or-later
"""Internet: the namespace in the middle, its lines to homes and hosts, and what providers do to them."""

from tests.lab.spaces import Namespace, Spaces, cable

GATEWAY = "11.0.0.1"
_RULES = """
table inet provider {
    chain blocked {}
    chain out { type filter hook postrouting priority filter; jump blocked; }
}
"""


class Line:
    """One cable from the internet to whoever has it, who calls its end "wan". Addresses can be given to it."""

    def __init__(self, internet: "Internet", number: int, prefix: str | None) -> None:
        self._internet = internet
        self._name = f"line{number}"
        self._number = number
        self._last = 1
        self._address: str | None = None
        self._blocked: tuple[str, ...] = ()
        self.prefix = prefix

    def plug(self, other: Namespace, its_name: str = "wan") -> None:
        space = self._internet.space
        cable(space, self._name, other, its_name)
        space.ip("-6", "address", "add", "fe80::1/64", "dev", self._name, "nodad")
        self._route6()

    def new_address(self) -> str:
        """Another than before, and what goes to the former one gets lost."""
        self._last += 1
        return self.lead(f"11.0.{self._number}.{self._last}")

    def lead(self, address: str) -> str:
        """Send what goes to this address along here."""
        if self._address:
            self._internet.space.ip("route", "del", f"{self._address}/32", "dev", self._name)
        self._address = address
        self._internet.space.ip("route", "add", f"{address}/32", "dev", self._name)
        return address

    def cut(self) -> None:
        self._internet.space.ip("link", "set", self._name, "down")

    def mend(self) -> None:
        """Routes are gone with the link."""
        space = self._internet.space
        space.ip("link", "set", self._name, "up")
        space.ip("-6", "address", "replace", "fe80::1/64", "dev", self._name, "nodad")
        if self._address:
            space.ip("route", "replace", f"{self._address}/32", "dev", self._name)
        self._route6()

    def block(self, *matches: str) -> None:
        """What the provider lets nobody send to here, as nftables says it: "tcp dport 80", "ct state new". None: all
        is let through again."""
        self._blocked = matches
        self._internet.block()

    def rules(self) -> list[str]:
        return [f'add rule inet provider blocked oifname "{self._name}" {match} drop\n' for match in self._blocked]

    def _route6(self) -> None:
        if self.prefix:
            self._internet.space.ip("-6", "route", "replace", f"{self.prefix}/64", "via", "fe80::2", "dev", self._name)


class Internet:
    """`host` makes one that has a public address and nobody in between."""

    def __init__(self, spaces: Spaces) -> None:
        self._spaces = spaces
        self._lines: list[Line] = []
        self.space = spaces.new("internet")
        self.space.ip("address", "add", f"{GATEWAY}/32", "dev", "lo")
        self.space.setting("net.ipv4.ip_forward", "1")
        self.space.setting("net.ipv6.conf.all.forwarding", "1")
        for name in ("all", "default"):
            self.space.setting(f"net.ipv4.conf.{name}.rp_filter", "0")
            self.space.setting(f"net.ipv4.conf.{name}.send_redirects", "0")
        self.space.nft(_RULES)

    def line(self, *, ipv6: bool) -> Line:
        number = len(self._lines) + 1
        line = Line(self, number, f"2a0f:ffff:{number:x}::" if ipv6 else None)
        self._lines.append(line)
        return line

    def host(self, kind: str, last: int) -> Namespace:
        """At 11.0.0.<last> and 2a0f:ffff:<n>::<last>."""
        space = self._spaces.new(kind)
        line = self.line(ipv6=True)
        line.plug(space)
        line.lead(address(last))
        space.ip("address", "add", address(last), "peer", GATEWAY, "dev", "wan")
        space.ip("route", "add", "default", "via", GATEWAY)
        space.ip("-6", "address", "add", "fe80::2/64", "dev", "wan", "nodad")
        space.ip("-6", "address", "add", f"{line.prefix}{last:x}/128", "dev", "lo", "nodad")
        space.ip("-6", "route", "add", "default", "via", "fe80::1", "dev", "wan")
        space.address = address(last)
        space.address6 = f"{line.prefix}{last:x}"
        return space

    def block(self) -> None:
        rules = "".join(rule for line in self._lines for rule in line.rules())
        self.space.nft(f"flush chain inet provider blocked\n{rules}")


def address(last: int) -> str:
    return f"11.0.0.{last}"
