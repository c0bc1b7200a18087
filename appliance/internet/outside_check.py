# SPDX-License-Identifier: AGPL-3.0-or-later
"""Seen from outside: what to make of the words of several helpers, of whom each may err or lie.

- Who came in came in: if somebody brought what only one helper was told, by IPv4 or IPv6 and to the port it is about,
  that port is open, whatever that helper and all others say. A helper that says "reached" and never came is not heard.
- Else the greater number counts, and where as many say one thing as another nothing is said of that port.
- The address that the box has outside is what most of those say who came, or most of all if nobody did; of as many
  the one named first. Only what was found at that address counts.
- Whether two or more of different networks (/24, /48) say the same address is told as well: of one alone, who may have
  many names, it is not made *the* address where neither box nor router knows its own (`reading.own_address`).

So one liar among helpers can neither open nor shut a port that another found otherwise; alone it can say that the box
is silent, until the owner asks somebody else.
"""

import ipaddress
import itertools
from collections import Counter
from collections.abc import Iterable
from typing import Protocol as Interface

from appliance.errors import Unavailable
from appliance.fediverse.protocol import HelperWord, ReachReport
from appliance.internet.model import PUBLIC_PORTS, Answered, Attempt, Outside, Port, Protocol


class Instance(Interface):
    """The part of `fediverse.client.InstanceClient` that is asked."""

    def try_from_outside(self, name: str, helpers: tuple[str, ...]) -> ReachReport: ...


class OutsideByHelpers:
    """Implements `system.outside.OutsideDoor`: the companion asks, and knows who came."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def look(self, name: str, helpers: tuple[str, ...]) -> Outside | None:
        if not helpers:
            return None
        found = weigh(self._instance.try_from_outside(name, helpers))
        if found is None:
            raise Unavailable("nobody-tried", "None of the helpers could try to reach this box.")
        return found


def weigh(report: ReachReport) -> Outside | None:
    """None where nobody said anything."""
    if not report.words:
        return None
    seen: dict[int, str | None] = {}
    attempts: list[Attempt] = []
    for version in (4, 6):
        words = [word for word in report.words if _is_plain(word.address, version)]
        seen[version] = address = _most_said([word for word in words if word.came]) or _most_said(words)
        meant = [word for word in words if word.address == address]
        for port in PUBLIC_PORTS:
            answered = _verdict(port, meant) if port in report.here and address else None
            if answered is not None and address is not None:
                attempts.append(Attempt(port, address, answered))
    agreed4 = _agreed([word for word in report.words if word.address == seen[4]])
    return Outside(seen[4], seen[6], tuple(attempts), report.hairpin, agreed4)


def _agreed(words: list[HelperWord]) -> bool:
    """Whether two of them are in networks that have nothing in common."""
    networks = [set(filter(None, map(_network, word.at))) for word in words]
    return any(one and other and not one & other for one, other in itertools.combinations(networks, 2))


def _network(address: str) -> str | None:
    """The one that it lies in, as somebody has who has little more than one address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return str(ipaddress.ip_network((parsed.packed, 24 if parsed.version == 4 else 48), strict=False))


def _is_plain(address: str, version: int) -> bool:
    """Whether it is an address and nothing beside: "%" and anything may follow one (RFC 4007). The companion meets
    strangers all day; it is believed what it found, but not what it writes."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return parsed.version == version and "%" not in address


def _most_said(words: Iterable[HelperWord]) -> str | None:
    """Of as many the first: that is Counter's order."""
    return next((address for address, _ in Counter(word.address for word in words).most_common(1)), None)


def _verdict(port: Port, words: list[HelperWord]) -> Answered | None:
    if port.protocol is Protocol.TCP and any(_scheme(port) in word.came for word in words):
        return Answered.REACHED
    said = [(_said(port, word), word) for word in words]
    heard = [answered for answered, word in said if answered is not Answered.REACHED or _may_say_so(port, word)]
    ranked = Counter(heard).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _may_say_so(port: Port, word: HelperWord) -> bool:
    """What comes by QUIC is not seen to come; but who came by the other port is no mere talker."""
    return port.protocol is Protocol.UDP and bool(word.came)


def _scheme(port: Port) -> str:
    return "https" if port.outside == 443 else "http"


def _said(port: Port, word: HelperWord) -> Answered:
    if port.protocol is Protocol.UDP:
        return word.udp443
    return word.tcp443 if port.outside == 443 else word.tcp80
