# SPDX-License-Identifier: AGPL-3.0-or-later
"""Helper: tries for another server whether it can be reached.

It can be aimed at nobody but the asker: the address is the one that the question came from, the ports are fixed, and
what is sent there is less than what a visitor sends.
"""

import asyncio
import ipaddress
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from appliance import internet_name
from appliance.fediverse.reach.nonces import HERE, is_one, proof
from appliance.internet.model import Answered
from appliance.parse import to_dict
from appliance.system.clock import Clock
from appliance.system.guard import is_global
from appliance.system.probe import Knock, Manner, Prober
from appliance.system.stream_server import Asked, Refusal
from appliance.system.tally import Tally

ASK = "/.well-known/hearth/reach"
WINDOW = 600
EACH, ALL = 40, 1000  # questions in a window, of a household and of all together
AT_ONCE = 16
_ALL = "all"
SCARCE = 10  # once half of all is given away, every network gets this part of its share


@dataclass(frozen=True)
class Share:
    """What all those get together whose addresses begin with the same bits: questions in a window, and so many of them
    at the same time."""

    bits: int
    questions: int
    at_once: int


# From a household, over what a provider gives to somebody large, to about a provider. Addresses are cheap for some: who
# has few networks, however many addresses are in them, must leave something to all others.
SHARES = {
    4: (Share(32, EACH, 1), Share(24, 80, 2), Share(16, 160, 4)),
    6: (Share(64, EACH, 1), Share(56, 60, 1), Share(48, 80, 2), Share(32, 160, 4)),
}


@dataclass(frozen=True)
class Word:
    """What a helper says: the address that it tried, and how it ended at each port."""

    address: str
    tcp80: Answered
    tcp443: Answered
    udp443: Answered


class Helper:
    def __init__(self, prober: Prober, clock: Clock) -> None:
        self._prober = prober
        self._clock = clock
        self._tally = Tally(buckets=1024)
        self._busy: Counter[str] = Counter()

    async def answer(self, asked: Asked) -> Refusal:
        if asked.method != "POST":
            return _no(405, "Ask with POST.", {"Allow": "POST"})
        address = _plain(asked.address)
        if address is None:
            return _no(403, "Only who comes from an address of the internet can be tried.")
        name, nonce = asked.query.get("name", ""), asked.query.get("nonce", "")
        if set(asked.query) - {"name", "nonce"} or not is_one(nonce):
            return _no(400, "That is no question.")
        if name and not internet_name.is_well_formed(name):
            return _no(400, "That is not a name on the internet.")
        networks = dict(_networks(address))
        if self._too_many(networks):
            return _no(429, "One after the other.", {"Retry-After": "10"})
        if self._too_often(networks):
            return _no(429, "Ask less often.", {"Retry-After": str(WINDOW)})
        places = Counter([*networks, _ALL])
        self._busy += places
        try:
            word = await self._try(address, name, nonce)
        finally:
            self._busy -= places
        return Refusal(200, json.dumps(to_dict(word)))

    async def _try(self, address: str, name: str, nonce: str) -> Word:
        def knock(manner: Manner, port: int) -> Knock:
            return Knock(manner, address, port, name, HERE + nonce, proof(nonce))

        tries = (knock(Manner.HTTP, 80), knock(Manner.HTTPS, 443), knock(Manner.QUIC, 443))
        return Word(address, *await asyncio.gather(*map(self._prober.knock, tries)))

    def _too_many(self, networks: dict[str, Share]) -> bool:
        return self._busy[_ALL] >= AT_ONCE or any(self._busy[each] >= share.at_once for each, share in networks.items())

    def _too_often(self, networks: dict[str, Share]) -> bool:
        """Counted from the narrowest on: who asks too often uses up nothing of what is its neighbours' as well."""
        window = int(self._clock.monotonic()) // WINDOW
        part = SCARCE if self._tally.count(hash(_ALL), window) >= ALL // 2 else 1
        for each, share in networks.items():
            if self._tally.add(hash(each), window) > share.questions // part:
                return True
        return self._tally.add(hash(_ALL), window) > ALL


def _plain(text: str) -> str | None:
    """The address in its one form, None unless it is one of the internet's without any doubt."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(parsed) if is_global(str(parsed)) else None


def _networks(address: str) -> Iterator[tuple[str, Share]]:
    """Those that it lies in, the narrowest first."""
    for share in SHARES[6 if ":" in address else 4]:
        yield str(ipaddress.ip_network((address, share.bits), strict=False)), share


def _no(status: int, sentence: str, headers: dict[str, str] | None = None) -> Refusal:
    return Refusal(status, json.dumps({"error": sentence}), headers=headers or {})
