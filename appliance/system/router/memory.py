# SPDX-License-Identifier: AGPL-3.0-or-later
"""What this box remembers of its router: by PCP and NAT-PMP nothing can be looked at that was not asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from appliance.internet.model import Link, Mapping, Port, PortControl
from appliance.system.router.lease import Lease
from appliance.system.router.pcp import has_restarted
from appliance.system.router.words import Answer


@dataclass(frozen=True)
class Grant:
    """What the router gave us, and by which protocol."""

    control: PortControl
    lease: Lease


@dataclass
class Memory:
    """Of one router and one address of ours. `known` is where it describes itself; `controls` are those it speaks."""

    link: Link
    controls: tuple[PortControl, ...] = ()
    known: str = ""
    outside: str | None = None
    search_again: float = 0.0
    shun_until: float = 0.0
    upnp_again: float = 0.0
    grants: dict[Port, Grant] = field(default_factory=dict)
    pinholes: dict[Port, Lease] = field(default_factory=dict)
    refused: dict[Port, str] = field(default_factory=dict)
    listed: tuple[Mapping, ...] = ()
    _epochs: dict[str, tuple[int, float]] = field(default_factory=dict)

    def is_of(self, link: Link) -> bool:
        """Whether all this still holds, on this link."""
        return _place(self.link) == _place(link)

    def hear(self, gateway: str, answer: Answer, now: float) -> bool:
        """Whether the router has been started again since it was heard last; then what it gave is gone."""
        if answer.epoch is None:
            return False
        before, heard = self._epochs.get(gateway), (answer.epoch, now)
        self._epochs[gateway] = heard
        if before is None or not has_restarted(before, heard):
            return False
        self.grants = {port: each for port, each in self.grants.items() if each.control is PortControl.UPNP}
        self.pinholes.clear()
        self.refused.clear()
        self.outside = None  # it may stand elsewhere now
        return True

    def expire(self, now: float) -> None:
        self.grants = {port: each for port, each in self.grants.items() if each.lease.lasts(now)}
        self.pinholes = {port: lease for port, lease in self.pinholes.items() if lease.lasts(now)}

    def see(self, answer: Answer) -> None:
        """What a router lists is so; of what was asked for by other ways it may list nothing."""
        self.listed = answer.mappings
        for port, grant in [*self.grants.items()]:
            there = next((each for each in answer.mappings if same(each.port, port)), None)
            lost = there is None and grant.control is PortControl.UPNP
            if lost or (there is not None and (there.host, there.port) != (self.link.address, port)):
                del self.grants[port]

    def pinholes_of(self, ports: Sequence[Port], now: float) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
        """Those of these ports, and which of them want renewing."""
        held = {port: lease for port, lease in self.pinholes.items() if port in ports}
        return tuple(held), tuple(port for port, lease in held.items() if lease.is_due(now))

    def mappings(self, ports: Iterable[Port], now: float) -> list[Mapping]:
        """Those that the router lists or has given, of these ports."""
        found = []
        for port in ports:
            there = next((each for each in self.listed if same(each.port, port)), None)
            grant = self.grants.get(port)
            if grant is not None:
                base = there or Mapping(port, self.link.address or "", None)
                found.append(replace(base, seconds=grant.lease.left(now), lease=grant.lease.seconds))
            elif there is not None:
                found.append(there)
        return found


def same(one: Port, other: Port) -> bool:
    return (one.protocol, one.outside) == (other.protocol, other.outside)


def _place(link: Link) -> tuple[str | None, ...]:
    return link.interface, link.address, link.gateway, link.address6, link.gateway6
