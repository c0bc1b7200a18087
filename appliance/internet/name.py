# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which records the box's name must have, and when whoever looks after it is told so. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.internet.model import Answered, Goal, Held, Protocol, Update, Way
from appliance.internet.providers import find
from appliance.internet.reading import own_address

# After a refusal it is tried again so much later, each time longer: whoever asks too often is kept out by providers.
PAUSES = tuple(timedelta(minutes=each) for each in (5, 15, 60, 6 * 60))
FOR_GOOD = timedelta(hours=24)
# What was told need not be told again before name servers can show it, …
SETTLES = timedelta(minutes=15)
# … but names that nobody ever refreshes are taken away by some who give them for nothing.
REFRESH = timedelta(days=25)


@dataclass(frozen=True)
class Record:
    """One that must be there: "A", "AAAA" or "CNAME"."""

    kind: str
    name: str
    value: str


@dataclass(frozen=True)
class Tell:
    """Tell the provider these addresses; `failures` have gone before."""

    goal: Goal
    a: str | None
    aaaa: str | None


def wanted(goal: Goal, way: Way) -> tuple[Record, ...]:
    """The records to make, as far as it is known by which way people come. None for a name that a gateway lends: its
    operator makes them."""
    if goal.held is Held.GATEWAY:
        return ()
    if way.gateway is not None:
        # Gateways read addresses of the old kind only: no AAAA.
        return (Record("CNAME", goal.name, way.gateway),)
    a, aaaa = addresses(way)
    found = (("A", a), ("AAAA", aaaa))
    return tuple(Record(kind, goal.name, value) for kind, value in found if value)


def addresses(way: Way) -> tuple[str | None, str | None]:
    """The box's outside addresses. By IPv6 only if people get in: a record that leads nowhere keeps them out, though
    they could come by IPv4."""
    a = own_address(way)
    return a, way.link.address6 if way.link.address6 and _enters_by_ipv6(way, sure=a is not None) else None


def _enters_by_ipv6(way: Way, *, sure: bool) -> bool:
    tried = [each for each in (way.outside.attempts if way.outside else ()) if ":" in each.address]
    web = [each for each in tried if each.port.protocol is Protocol.TCP and each.port.outside == 443]
    if web or sure:
        return any(each.answered is Answered.REACHED for each in web)
    return True  # there is nothing but IPv6


def told(goal: Goal, way: Way) -> Tell | None:
    """What the provider must be told now; None where there is nothing to tell, or not yet."""
    last = way.update or Update()
    records = way.records
    if goal.account is None or not way.clock_trusted or way.gateway is not None or records is None:
        return None
    if last.again is not None and way.now < last.again:
        return None
    a, aaaa = addresses(way)
    if aaaa is not None and not _takes_ipv6(goal):
        aaaa = None
    if a is None and aaaa is None:
        return None
    tell = Tell(goal, a, aaaa)
    same = (last.a, last.aaaa) == (a, aaaa) and not last.error
    since = way.now - last.at if last.at is not None else None
    if same and since is not None and since < SETTLES:
        return None
    there_a, there_aaaa = records.source_a, records.source_aaaa
    if there_a is None or there_aaaa is None:
        # Nobody knows what is there: what others remember may be old, so only what was said before counts.
        return None if same and since is not None and since < REFRESH else tell
    right = set(there_a) == ({a} if a else set()) and (aaaa is None or set(there_aaaa) == {aaaa})
    return None if right and (since is None or since < REFRESH) else tell


def _takes_ipv6(goal: Goal) -> bool:
    provider = find(goal.account.provider) if goal.account else None
    return provider is not None and provider.ipv6


def after(now: datetime, tell: Tell, error: str, failures: int, *, for_good: bool) -> Update:
    """What is remembered of an attempt; `failures` counts those in a row, this one included."""
    if not error:
        return Update(tell.a, tell.aaaa, now)
    pause = FOR_GOOD if for_good else PAUSES[min(failures, len(PAUSES)) - 1]
    return Update(tell.a, tell.aaaa, now, error, now + pause)
