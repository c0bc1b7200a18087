# SPDX-License-Identifier: AGPL-3.0-or-later
"""Helper: tries for another server whether it can be reached.

It can be aimed at nobody but the asker: the address is the one that the question came from, the ports are fixed, and
what is sent there is less than what a visitor sends.
"""

import asyncio
import ipaddress
import json
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
        self._tally = Tally(buckets=256)
        self._busy: set[str] = set()

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
        household = _household(address)
        if self._too_often(household):
            return _no(429, "Ask less often.", {"Retry-After": str(WINDOW)})
        if household in self._busy or len(self._busy) >= AT_ONCE:
            return _no(429, "One after the other.", {"Retry-After": "10"})
        self._busy.add(household)
        try:
            word = await self._try(address, name, nonce)
        finally:
            self._busy.discard(household)
        return Refusal(200, json.dumps(to_dict(word)))

    async def _try(self, address: str, name: str, nonce: str) -> Word:
        def knock(manner: Manner, port: int) -> Knock:
            return Knock(manner, address, port, name, HERE + nonce, proof(nonce))

        tries = (knock(Manner.HTTP, 80), knock(Manner.HTTPS, 443), knock(Manner.QUIC, 443))
        return Word(address, *await asyncio.gather(*map(self._prober.knock, tries)))

    def _too_often(self, household: str) -> bool:
        window = int(self._clock.monotonic()) // WINDOW
        if self._tally.add(hash(household), window) > EACH:
            return True
        return self._tally.add(hash("all"), window) > ALL


def _plain(text: str) -> str | None:
    """The address in its one form, None unless it is one of the internet's without any doubt."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(parsed) if is_global(str(parsed)) else None


def _household(address: str) -> str:
    """Of IPv6 everybody has as many addresses as they like: counted is the network."""
    return str(ipaddress.ip_network((address, 64), strict=False)) if ":" in address else address


def _no(status: int, sentence: str, headers: dict[str, str] | None = None) -> Refusal:
    return Refusal(status, json.dumps({"error": sentence}), headers=headers or {})
