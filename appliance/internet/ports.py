# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which ports to ask the router for, and when again: pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from appliance.internet.model import Link, Mapping, Port, Router


@dataclass(frozen=True)
class Open:
    """Lead this port here, or go on leading it."""

    port: Port


@dataclass(frozen=True)
class OpenPinhole:
    """Let IPv6 through at this port, or go on letting it."""

    port: Port


@dataclass(frozen=True)
class OpenAgain:
    """The router has it lead here, as far as is known, and yet nobody gets in: it may have forgotten."""

    port: Port


Action = Open | OpenPinhole | OpenAgain


def plan(wanted: Sequence[Port], found: Router | None, link: Link, *, doubted: bool = False) -> Iterator[Action]:
    """What is missing is asked for, and what is ours again when half of its lease is over, so that a router which does
    not answer for an hour shuts nobody out. What others hold is theirs. `doubted`: nobody gets in."""
    if found is None or found.control is None:
        return
    rivals = {each.port for each in rivals_of(wanted, found, link)}
    for port in wanted if link.address is not None and link.gateway is not None else ():
        held = _holder(port, found)
        if port not in rivals and (held is None or is_due(held) or held.port != port):
            yield Open(port)
        elif port not in rivals and doubted:
            yield OpenAgain(port)
    if link.address6 is not None and link.gateway6 is not None:
        for port in wanted:
            if port not in found.pinholes or port in found.due:
                yield OpenPinhole(port)


def rivals_of(wanted: Sequence[Port], found: Router, link: Link) -> tuple[Mapping, ...]:
    """Ports of ours that lead to another machine; each names the port that is wanted."""
    held = ((port, _holder(port, found)) for port in wanted)
    return tuple(
        Mapping(port, each.host, each.seconds, each.description, each.name)
        for port, each in held
        if each is not None and each.host != link.address
    )


def is_due(mapping: Mapping) -> bool:
    """One that was asked for before this box started is asked for again at once: nobody knows for how long it is."""
    if mapping.lease is None:
        return mapping.seconds is not None
    return mapping.seconds is not None and 2 * mapping.seconds <= mapping.lease


def _holder(port: Port, found: Router) -> Mapping | None:
    wanted = (port.protocol, port.outside)
    return next((each for each in found.mappings if (each.port.protocol, each.port.outside) == wanted), None)
