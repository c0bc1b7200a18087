# SPDX-License-Identifier: AGPL-3.0-or-later
"""What follows from what was observed of the way: small pure questions that several checks ask."""

import ipaddress

from appliance.internet.model import PUBLIC_PORTS, Answered, Attempt, Held, Mapping, Port, Protocol, Stage, Way
from appliance.internet.providers import find
from appliance.status import Fix

BY_HAND = Fix("ports-by-hand", "I forwarded them myself")

# Those without which nobody gets in. Without UDP there is no HTTP/3, which nobody notices.
WEB_PORTS = tuple(port for port in PUBLIC_PORTS if port.protocol is Protocol.TCP)

# Between a provider and the many homes that share an address: RFC 6598, and RFC 6333 (DS-Lite).
_SHARED = tuple(ipaddress.ip_network(each) for each in ("100.64.0.0/10", "192.0.0.0/29"))
# Inside homes: RFC 1918, RFC 3927.
_HOMES = tuple(
    ipaddress.ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse(text: str | None) -> Address | None:
    """None for what is no address, or says that there is none ("0.0.0.0")."""
    try:
        address = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return None if address.is_unspecified else address


def is_public(text: str | None) -> bool:
    """Whether it is an IPv4 address that means this home everywhere on the internet."""
    address = parse(text)
    if address is None or address.version != 4 or address.is_loopback or address.is_multicast:
        return False
    return not (is_shared(text) or is_of_a_home(text))


def is_shared(text: str | None) -> bool:
    """Whether it is one that a provider gives to homes which share an address of the internet."""
    address = parse(text)
    return address is not None and any(address in network for network in _SHARED)


def is_of_a_home(text: str | None) -> bool:
    address = parse(text)
    return address is not None and any(address in network for network in _HOMES)


def direct(way: Way) -> bool:
    """Whether the box itself has an IPv4 address of the internet, with no router to ask."""
    return is_public(way.link.address)


def behind_a_carrier(way: Way) -> bool:
    """Whether somebody stands between the router and the internet who has many homes behind one address."""
    if reached(way):
        return False
    router = way.router.outside if way.router is not None else None
    beyond = way.router.beyond if way.router is not None else None
    seen = way.outside.seen4 if way.outside is not None else None
    # Two addresses of the internet that differ mean the same: somebody in between changes one into the other.
    differ = is_public(router) and is_public(seen) and router != seen
    return any(map(is_shared, (router, beyond, way.link.address))) or differ


def own_address(way: Way) -> str | None:
    """The IPv4 address of this home on the internet; None where nobody knows, or it shares one with others. What others
    say, who may lie, comes last, and of a single one it counts only where the name leads there already: where a name
    leads, there a certificate for it can be had."""
    probable = probable_address(way)
    return None if probable == hearsay(way) else probable


def probable_address(way: Way) -> str | None:
    """As `own_address`, but on a single helper's word too: good for what is only said."""
    if behind_a_carrier(way):
        return None
    return next((each for each in (*_known_here(way), _seen(way)) if is_public(each)), None)


def hearsay(way: Way) -> str | None:
    """The address that one helper alone says this home has, and nobody and nothing else."""
    seen = _seen(way)
    if not is_public(seen) or any(map(is_public, _known_here(way))) or behind_a_carrier(way):
        return None
    agreed = way.outside is not None and way.outside.agreed4
    led = way.records.source_a or way.records.a if way.records is not None else ()
    return None if agreed or seen in led else seen


def _known_here(way: Way) -> tuple[str | None, str | None]:
    return way.link.address, way.router.outside if way.router is not None else None


def _seen(way: Way) -> str | None:
    return way.outside.seen4 if way.outside is not None else None


def attempts(way: Way, number: int, version: int = 4) -> tuple[Attempt, ...]:
    """What others found who tried this port by TCP, at an address of this version."""
    if way.outside is None:
        return ()
    wanted = (Protocol.TCP, number, version)
    return tuple(
        each for each in way.outside.attempts if (each.port.protocol, each.port.outside, _version(each)) == wanted
    )


def passes(way: Way, number: int) -> bool:
    """Whether somebody got in through this port."""
    return any(each.answered is Answered.REACHED for each in attempts(way, number))


def fails(way: Way, number: int) -> bool:
    """Whether somebody tried this port and nobody got in."""
    tried = attempts(way, number)
    return bool(tried) and not passes(way, number)


def by_ipv6_alone(way: Way) -> bool:
    """Whether this home has no IPv4 to the internet at all, which no forwarding mends."""
    if way.link.address6 is None or probable_address(way) is not None:
        return False
    router = way.router
    if way.link.address is None or router is None:
        return way.link.address is None
    return router.control is not None and parse(router.outside) is None and router.beyond is None


def needs_the_router(way: Way) -> bool:
    """Whether visitors come in only if the router is asked to let them, and does."""
    trusted = way.goal is not None and way.goal.by_hand
    return not (way.gateway is not None or trusted or direct(way) or reached(way) or by_ipv6_alone(way))


def reached(way: Way) -> bool:
    """Whether it is proven that the ports lead here, however they were opened."""
    hairpin = way.outside is not None and way.outside.hairpin is True
    return passes(way, 443) or (hairpin and not fails(way, 443))


def holder(way: Way, port: Port) -> Mapping | None:
    """Who the router says has this port."""
    found = way.router.mappings if way.router is not None else ()
    return next((each for each in found if _same(each.port, port)), None)


def ports_are_ours(way: Way) -> bool:
    held = [holder(way, port) for port in WEB_PORTS]
    return all(each is not None and each.host == way.link.address for each in held)


def opened(way: Way) -> tuple[object, ...]:
    """Through what others come in, as far as it is known from here."""
    if way.router is None:
        return ()
    ours = frozenset(each.port for each in way.router.mappings if each.host == way.link.address)
    return (ours, frozenset(way.router.pinholes), way.router.outside)


def certified(way: Way) -> bool:
    """Whether there is a certificate that browsers accept now."""
    certificate = way.certificate
    return certificate.stage is Stage.REAL and (certificate.until is None or certificate.until > way.now)


def whose(mapping: Mapping) -> str:
    """The machine that has a port, as people at home may know it."""
    name = mapping.name or mapping.description
    return f"{name} ({mapping.host})" if name else mapping.host


def router_page(way: Way) -> str:
    """Where the router has its pages, as one types it."""
    return f"http://{way.link.gateway}/" if way.link.gateway else "the address printed on it"


def by_hand(way: Way) -> str:
    """The forwarding that an owner can make without being asked for it again."""
    rules = ", ".join(f"{port.outside} to {port.inside} (TCP)" for port in WEB_PORTS)
    return f"Or make a port forwarding there to {way.link.address or 'the box'}: {rules}."


def _same(one: Port, other: Port) -> bool:
    return (one.protocol, one.outside) == (other.protocol, other.outside)


def _version(attempt: Attempt) -> int | None:
    address = parse(attempt.address)
    return address.version if address is not None else None


def how_to_change(way: Way, by_the_owner: str) -> str:
    """Who makes the name's records, and what the owner is to do about it."""
    goal = way.goal
    if goal is not None and goal.held is Held.GATEWAY:
        return "Whoever runs the gateway looks after this name: ask them."
    if goal is None or goal.account is None:
        return by_the_owner
    provider = find(goal.account.provider)
    label = provider.label if provider is not None else goal.account.provider
    if way.update is not None and way.update.error:
        return f"The box told {label}, where the name is, which answered: {way.update.error}"
    return f"The box tells {label}, where the name is, by itself. That takes a few minutes."
