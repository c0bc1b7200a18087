# SPDX-License-Identifier: AGPL-3.0-or-later
"""Diagnosis: from all that was observed to the one thing that is broken first, seen from the box, and to the picture
internet – provider – router – box. Pure.

Whoever mends the first thing may find another one behind it; told all at once, nobody would know where to begin.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from appliance.internet.checks import (
    aaaa_broken,
    address_unsure,
    caa_forbids,
    carrier_nat,
    certificate_expires,
    certificate_failed,
    clock_untrusted,
    double_nat,
    gateway_lost,
    ipv6_only,
    no_dhcp_address,
    no_dns,
    no_gateway,
    no_hairpin,
    no_link,
    port_filtered,
    port_refused,
    port_taken,
    provider_blocks_80,
    provider_blocks_443,
    record_absent,
    record_stale,
    record_wrong,
    router_silent,
)
from appliance.internet.model import Way
from appliance.internet.reading import by_ipv6_alone, certified, needs_the_router, ports_are_ours, reached
from appliance.status import LinkState, Stretch
from appliance.supervisor.issues import Finding

Check = Callable[[Way], Finding | None]


class Span(IntEnum):
    """The stretches of the way, from the box outwards."""

    HOME = 0
    ROUTER = 1
    INTERNET = 2


HOME_CHECKS: tuple[Check, ...] = (no_link.check, no_dhcp_address.check, no_gateway.check)
ROUTER_CHECKS: tuple[Check, ...] = (
    no_dns.check,
    clock_untrusted.check,
    gateway_lost.check,
    router_silent.check,
    double_nat.check,
    carrier_nat.check,
    port_taken.check,
    port_refused.check,
)
# Where the ports can be seen from outside only, and the name.
NAME_CHECKS: tuple[Check, ...] = (
    port_filtered.check,
    provider_blocks_80.check,
    provider_blocks_443.check,
    address_unsure.check,
    record_absent.check,
    record_stale.check,
    record_wrong.check,
    ipv6_only.check,
    aaaa_broken.check,
    caa_forbids.check,
)
# What is only worth a look when all before it is well. Without hairpin everybody comes in, except those at home.
LAST_CHECKS: tuple[Check, ...] = (certificate_failed.check, certificate_expires.check, no_hairpin.check)


@dataclass(frozen=True)
class Diagnosis:
    """`stretches` begin outside, as one reads it. `clear_to_the_name`: nothing stands in the way of a certificate."""

    stretches: tuple[Stretch, ...]
    cause: Finding | None
    sentence: str
    clear_to_the_name: bool


def diagnose(way: Way) -> Diagnosis:
    asked = way.goal is not None
    known, cause = _known(way), None
    stretches: list[Stretch] = []
    for span, checks in zip(Span, (HOME_CHECKS, ROUTER_CHECKS, (*NAME_CHECKS, *LAST_CHECKS)), strict=True):
        # Behind what is broken or unknown nothing is claimed.
        if stretches and stretches[-1].state is not LinkState.GREEN:
            words = _NOT_YET if asked else known[span] or ""
            stretches.append(_stretch(way, span, LinkState.UNKNOWN, words))
            continue
        if asked or span is Span.HOME:
            cause = next((found for check in checks if (found := check(way)) is not None), None)
        waits = known[span]
        if cause is not None:
            stretches.append(_stretch(way, span, LinkState.RED, cause.sentence))
        elif waits is not None:
            stretches.append(_stretch(way, span, LinkState.UNKNOWN, waits))
        else:
            stretches.append(_stretch(way, span, LinkState.GREEN, _well(way, span)))
    return Diagnosis(
        tuple(reversed(stretches)),
        cause,
        cause.sentence if cause is not None else _sentence(way, known),
        clear_to_the_name=_clear(way, known, cause),
    )


_NOT_YET = "Not looked at before the rest is well."


def _clear(way: Way, known: dict[Span, str | None], cause: Finding | None) -> bool:
    if way.goal is None or known[Span.ROUTER] is not None or way.records is None or not way.records.answered:
        return False
    return cause is None or any(check(way) == cause for check in LAST_CHECKS)


def _known(way: Way) -> dict[Span, str | None]:
    """None for each stretch of which all is known that makes it well; else what is still to be learnt."""
    return {Span.HOME: None, Span.ROUTER: _router_unknown(way), Span.INTERNET: _internet_unknown(way)}


def _router_unknown(way: Way) -> str | None:
    if way.goal is None:
        return "Nobody outside is asked: the box stays at home."
    if way.dns_works is None:
        return "Being looked at."
    if way.gateway is not None:
        return "The gateway is being called." if way.tunnel is None or way.tunnel.calling else None
    if not needs_the_router(way):
        return None
    if way.router is None:
        return "The router is being asked."
    if not ports_are_ours(way):
        return "The router is being asked to open its ports."
    return None


def _internet_unknown(way: Way) -> str | None:
    if way.goal is None:
        return "Nobody outside is asked: the box stays at home."
    if way.records is None or not way.records.answered:
        return "It is being looked up where the name leads."
    if not certified(way):
        return "The certificate is being asked for."
    return None


def _well(way: Way, span: Span) -> str:
    name = way.goal.name if way.goal is not None else ""
    if span is Span.HOME:
        return "The box is connected to the router."
    if span is Span.ROUTER:
        return _well_at_the_router(way)
    until = f", and its certificate is good until {way.certificate.until:%-d %B %Y}" if way.certificate.until else ""
    return f"{name} leads here{until}."


def _well_at_the_router(way: Way) -> str:
    if way.gateway is not None:
        return "The gateway holds."
    if by_ipv6_alone(way):
        return "The box is on the internet by IPv6."
    if way.goal is not None and way.goal.by_hand and not reached(way):
        return "You forwarded the router's ports yourself."
    return "The router lets visitors through to the box."


def _sentence(way: Way, known: dict[Span, str | None]) -> str:
    if way.goal is None:
        return "The box is found at home only."
    waits = next((words for words in known.values() if words is not None), None)
    return f"Everybody reaches the box at {way.goal.name}." if waits is None else waits


def _stretch(way: Way, span: Span, state: LinkState, sentence: str) -> Stretch:
    provider = "gateway" if way.gateway is not None else "provider"
    outer, inner = {
        Span.HOME: ("router", "box"),
        Span.ROUTER: (provider, "router"),
        Span.INTERNET: ("internet", provider),
    }[span]
    return Stretch(outer, inner, state, sentence)
