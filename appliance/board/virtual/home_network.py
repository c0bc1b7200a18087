# SPDX-License-Identifier: AGPL-3.0-or-later
"""The home network around a virtual box: what the front panel makes of it, and what follows for whoever looks.

All virtual doors to the outside take from here what they say, so that none of them contradicts another. Every address
is only ever shown: nothing is sent there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from appliance.internet.model import PUBLIC_PORTS, Answered, Attempt, Link, Mapping, Outside, Port, Protocol, Records

BOX, BOX6 = "192.168.1.20", "2600:1234:5678:9a00::20"
GATEWAY, GATEWAY6 = "192.168.1.1", "fe80::1"
RIVAL, RIVAL_NAME = "192.168.1.30", "nas"
# The home's own address on the internet, the one it had yesterday, the one that its carrier shares among many homes,
# and somebody else's.
HOME, YESTERDAY, SHARED, ELSEWHERE = "11.22.33.44", "11.22.33.99", "11.22.0.1", "11.99.88.77"
ELSEWHERE6, OTHER_AUTHORITY = "2600:99::1", "other.example"
# What the router takes for its address outside where there is another one before it, or a carrier's.
BEHIND_ANOTHER, BEHIND_CARRIER = "192.168.0.2", "100.64.7.9"


class Nat(Enum):
    """Who stands between the router and the internet."""

    NOBODY = "nobody"
    ROUTER = "router"  # a second one, often the provider's
    CARRIER = "carrier"


class DnsRecord(Enum):
    """What the domain name system has of the box's name."""

    RIGHT = "right"
    MISSING = "missing"
    WRONG = "wrong"
    STALE = "stale"  # right at its source, and remembered otherwise elsewhere


class Authority(Enum):
    """How whoever gives certificates behaves."""

    GIVES = "gives"
    REFUSES = "refuses"  # and takes back what it gave
    LATE = "late"  # has not renewed for long what soon runs out


@dataclass(frozen=True)
class HomeNetwork:
    """`cable` is the network's. `upnp`: the router lets itself be asked for ports. `forwarded`: somebody led the ports
    to the box by hand. `rival`: another machine at home wants port 443, and gets it when the router starts anew:
    `restarts` counts that. `ipv6_only`: the provider gives no IPv4. `aaaa`: the name leads nowhere else by IPv6. `caa`:
    the domain lets the box's authority make certificates. `gateway`: one that lets this box in answers."""

    cable: bool = True
    upnp: bool = True
    forwarded: bool = False
    rival: bool = False
    hairpin: bool = True
    nat: Nat = Nat.NOBODY
    blocks_80: bool = False
    blocks_443: bool = False
    ipv6_only: bool = False
    dns: bool = True
    record: DnsRecord = DnsRecord.RIGHT
    clock: bool = True
    aaaa: bool = True
    caa: bool = True
    authority: Authority = Authority.GIVES
    gateway: bool = True
    restarts: int = 0


def link(home: HomeNetwork) -> Link:
    if not home.cable:
        return Link(carrier=False, interface="eth0")
    if home.ipv6_only:
        return Link(True, "eth0", BOX, GATEWAY, BOX6, GATEWAY6)
    return Link(True, "eth0", BOX, GATEWAY)


def router_outside(home: HomeNetwork) -> str | None:
    """The address that the router believes to have."""
    if home.ipv6_only:
        return None
    return {Nat.NOBODY: HOME, Nat.ROUTER: BEHIND_ANOTHER, Nat.CARRIER: BEHIND_CARRIER}[home.nat]


def rival_port(home: HomeNetwork) -> Port | None:
    """The one that leads to the other machine."""
    wanted = (port for port in PUBLIC_PORTS if (port.protocol, port.outside) == (Protocol.TCP, 443))
    return next(wanted) if home.rival else None


def outside(home: HomeNetwork, mappings: Iterable[Mapping] = (), pinholes: Iterable[Port] = ()) -> Outside:
    """What others find who try to reach the box. `mappings` and `pinholes` are the router's at this moment."""
    if not home.cable:
        return Outside()
    if home.ipv6_only:
        ports = PUBLIC_PORTS if home.forwarded else tuple(pinholes)
        return Outside(seen6=BOX6, attempts=tuple(_attempt(home, port, BOX6, ports) for port in PUBLIC_PORTS))
    seen = SHARED if home.nat is Nat.CARRIER else HOME
    ports = tuple(each.port for each in mappings if each.host == BOX)
    if home.forwarded:
        ports += tuple(port for port in PUBLIC_PORTS if port != rival_port(home))
    if home.nat is not Nat.NOBODY:
        ports = ()
    attempts = tuple(_attempt(home, port, seen, ports) for port in PUBLIC_PORTS)
    reached = any(each.answered is Answered.REACHED for each in attempts)
    return Outside(seen4=seen, agreed4=True, attempts=attempts, hairpin=home.hairpin if reached else None)


def records(home: HomeNetwork, name: str) -> tuple[Records, Records]:
    """What the name's own name servers have, and what is seen of it elsewhere."""
    if home.ipv6_only:
        right, wrong, old = (Records(name, True, aaaa=(each,)) for each in (BOX6, ELSEWHERE6, "2600:98::1"))
    else:
        right, wrong, old = (Records(name, True, a=(each,)) for each in (_own(home), ELSEWHERE, YESTERDAY))
    there = {DnsRecord.MISSING: Records(name, True), DnsRecord.WRONG: wrong}.get(home.record, right)
    seen = old if home.record is DnsRecord.STALE else there
    return _spoilt(home, there), _spoilt(home, seen)


def _spoilt(home: HomeNetwork, found: Records) -> Records:
    """With what may be wrong besides."""
    aaaa = found.aaaa if home.aaaa else (ELSEWHERE6,)
    return replace(found, aaaa=aaaa, caa=None if home.caa else (OTHER_AUTHORITY,))


def _own(home: HomeNetwork) -> str:
    return SHARED if home.nat is Nat.CARRIER else HOME


def _attempt(home: HomeNetwork, port: Port, address: str, open_here: Iterable[Port]) -> Attempt:
    blocked = home.blocks_80 if port.outside == 80 else home.blocks_443
    if blocked:
        return Attempt(port, address, Answered.SILENT)
    if port in tuple(open_here):
        return Attempt(port, address, Answered.REACHED)
    led_elsewhere = port == rival_port(home) and home.nat is Nat.NOBODY and not home.ipv6_only
    return Attempt(port, address, Answered.OTHER if led_elsewhere else Answered.SILENT)
