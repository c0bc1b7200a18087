# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is observed of the way from the internet to the box. A value that is None was not looked at, or not learnt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class Protocol(Enum):
    TCP = "tcp"
    UDP = "udp"


class PortControl(Enum):
    """By which protocol the router lets itself be asked for ports."""

    PCP = "pcp"  # RFC 6887
    NAT_PMP = "nat-pmp"  # RFC 6886
    UPNP = "upnp"  # UPnP IGD 1 and 2


@dataclass(frozen=True)
class Port:
    """One of those that must lead here. `outside` is the router's (or of a pinhole the box's own), `inside` the public
    listener's."""

    protocol: Protocol
    outside: int
    inside: int


PUBLIC_PORTS = (
    Port(Protocol.TCP, 80, 8080),
    Port(Protocol.TCP, 443, 8443),
    Port(Protocol.UDP, 443, 8443),
)


@dataclass(frozen=True)
class Mapping:
    """What the router says of a port. `host` is the machine it leads to, and `name` what that is called at home, if
    anybody knows; `seconds` what is left of the lease when it was learnt, None where it has no end, and `lease` how
    long that is in all, None where this box did not ask for it since it started. `port.inside` is the one it leads to,
    which need not be the one we want."""

    port: Port
    host: str
    seconds: int | None
    description: str = ""
    name: str = ""
    lease: int | None = None


@dataclass(frozen=True)
class Link:
    """The box in its home. `carrier`: a cable or a Wi-Fi is connected. Addresses are this box's own; `address6` is one
    of the internet's (RFC 4291 global unicast), not of the home alone."""

    carrier: bool
    interface: str = ""
    address: str | None = None
    gateway: str | None = None
    address6: str | None = None
    gateway6: str | None = None


@dataclass(frozen=True)
class Router:
    """`outside` is the address that the router says it has on its other side. `mappings` are those of the ports that
    we want, whoever holds them. `refused` are ports that the router would not open, with the key of the error that
    says why: port-taken, router-refuses, router-unsure. `pinholes` are ports open by IPv6, and `due` are
    those of them that want renewing. `beyond` is the next router's address towards the internet, looked up where this
    one tells no `outside` and refuses."""

    control: PortControl | None
    name: str = ""
    outside: str | None = None
    mappings: tuple[Mapping, ...] = ()
    refused: tuple[tuple[Port, str], ...] = ()
    pinholes: tuple[Port, ...] = ()
    due: tuple[Port, ...] = ()
    beyond: str | None = None


class Answered(Enum):
    """How an attempt from outside to reach one of the ports ended."""

    REACHED = "reached"  # this box answered
    OTHER = "other"  # somebody else did
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True)
class Attempt:
    """`address` is the one that was tried, which is the one that the asker came from."""

    port: Port
    address: str
    answered: Answered


@dataclass(frozen=True)
class Outside:
    """What others found who tried to reach the box. `seen4`, `seen6`: the addresses it appears under out there.
    `agreed4`: two or more who are in different networks say so of the first, so it is no single one's word."""

    seen4: str | None = None
    seen6: str | None = None
    attempts: tuple[Attempt, ...] = ()
    hairpin: bool | None = None  # the box reaches itself by its outside address
    agreed4: bool = False


@dataclass(frozen=True)
class Records:
    """What DNS has of the box's name. `answered` False: no name server could be asked. `caa` are the "issue" values
    that hold for it (RFC 8659), "" being nobody, None where nothing limits who may issue. `source_a` and `source_aaaa`
    are what the name's own name servers say, None where they could not be asked: a record that differs from theirs is
    an old one that is still remembered."""

    name: str
    answered: bool
    a: tuple[str, ...] = ()
    aaaa: tuple[str, ...] = ()
    caa: tuple[str, ...] | None = None
    source_a: tuple[str, ...] | None = None
    source_aaaa: tuple[str, ...] | None = None


class Stage(Enum):
    """How far the certificate has come."""

    NONE = "none"
    STAGING = "staging"  # one that nobody trusts, to see whether it works at all
    REAL = "real"


@dataclass(frozen=True)
class Certificate:
    """`error` is the authority's own reason, "" if the last attempt was well. `asked` is which one the web server asks
    for by itself now, and `strict` whether it tells browsers never to come without one. `again`: after a failure,
    nobody is asked before. `since` is when there was a good one for the first time, `life` how long this one is good
    in all."""

    stage: Stage
    until: datetime | None = None
    error: str = ""
    trying: bool = False
    asked: Stage = Stage.NONE
    strict: bool = False
    by_tls: bool = False  # the authority looks at port 443 alone
    again: datetime | None = None
    since: datetime | None = None
    life: timedelta | None = None
    authority: str = ""  # whom the box asks, as CAA records call it


@dataclass(frozen=True)
class Tunnel:
    """A way in through a gateway that somebody of the community runs."""

    gateway: str
    connected: bool
    error: str = ""
    calling: bool = False  # it has only just begun, and nobody knows yet


@dataclass(frozen=True)
class Update:
    """The last time that a provider of names was told the box's addresses, and what it said: "" is well. `again`: it is
    not told anything before."""

    a: str | None = None
    aaaa: str | None = None
    at: datetime | None = None
    error: str = ""
    again: datetime | None = None


class Held(Enum):
    """Whose the name is, and who makes its records."""

    OWN = "own"  # the owner's domain; she makes the records
    DYNAMIC = "dynamic"  # the box makes them: at a provider, or in a zone that takes updates (RFC 2136)
    GATEWAY = "gateway"  # a gateway's operator lends it and makes them


@dataclass(frozen=True)
class Account:
    """At whom the box makes records: a key of providers.py, and what that one asks for beside the secret. `given`
    counts how often the owner gave them, so that a corrected secret makes another account of it."""

    provider: str
    login: str = ""
    zone: str = ""
    server: str = ""
    given: int = 1


@dataclass(frozen=True)
class Gateway:
    """Through whom visitors come. `given` counts how often the owner gave an invitation, so that another one of the
    same gateway makes another gateway of it."""

    host: str
    given: int = 1


@dataclass(frozen=True)
class Goal:
    """To be found under this name. `helpers` are host names of those who may be asked to try to reach it. `account` is
    where the box itself makes the name's records, None where others do. `by_hand`: the owner says that she made the
    router lead the ports here. `gateway` is None where visitors come by the router."""

    name: str
    helpers: tuple[str, ...] = ()
    held: Held = Held.OWN
    account: Account | None = None
    by_hand: bool = False
    gateway: Gateway | None = None


@dataclass(frozen=True)
class Way:
    """All of it, from the box outwards, as of one look. `now` is the clock's time, in UTC. `goal` is what the doors
    were asked about, None where nobody is asked anything. `broken_for`: so many seconds the same thing has stood in
    the way."""

    now: datetime
    link: Link
    dns_works: bool | None = None
    clock_trusted: bool = True
    router: Router | None = None
    outside: Outside | None = None
    records: Records | None = None
    certificate: Certificate = Certificate(Stage.NONE)
    tunnel: Tunnel | None = None
    goal: Goal | None = None
    broken_for: float = 0.0
    update: Update | None = None

    @property
    def gateway(self) -> str | None:
        """Through whom visitors are to come; None where they come by the router."""
        if self.tunnel is not None:
            return self.tunnel.gateway
        return self.goal.gateway.host if self.goal is not None and self.goal.gateway is not None else None
