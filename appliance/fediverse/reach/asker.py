# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asker: asks helpers to try whether this server can be reached, by IPv4 and by IPv6, and listens whether they came.

What a helper answers is a stranger's word. Whether it came can be told without it: each was given a nonce of its own.
"""

import asyncio
import dataclasses
import ipaddress
import json
import logging
from collections.abc import Mapping
from urllib.parse import urlencode

from appliance import internet_name
from appliance.errors import BadInput, HearthError
from appliance.fediverse.protocol import HelperWord, ReachQuestion, ReachReport
from appliance.fediverse.reach.helper import ASK, Word
from appliance.fediverse.reach.nonces import HERE, Nonces, proof
from appliance.internet.model import PUBLIC_PORTS, Answered, Port, Protocol
from appliance.parse import from_dict
from appliance.system.async_net import AsyncNet
from appliance.system.exchange import Limits, Request
from appliance.system.guard import Resolve, is_global
from appliance.system.probe import Knock, Manner, Prober

MOST_HELPERS = 5
SECONDS = 15.0
MAX_WORD = 1024
MOST_KNOWN = 32
_FIELDS = ("address", "tcp80", "tcp443", "udp443")

log = logging.getLogger(__name__)


class Asker:
    """`nets` are by IP version, and so is `found`: at which addresses a helper was asked. `home` knocks at this
    machine's own loopback, `outside` at the internet."""

    def __init__(
        self,
        nonces: Nonces,
        nets: Mapping[int, AsyncNet],
        home: Prober,
        outside: Prober,
        found: Mapping[int, "Found"],
    ) -> None:
        self._nonces = nonces
        self._nets = nets
        self._found = found
        self._home = home
        self._outside = outside
        self._silent: dict[tuple[str, int], str] = {}  # why, so that it is logged once

    async def ask(self, question: ReachQuestion) -> ReachReport:
        """Raises BadInput."""
        if question.name and not internet_name.is_well_formed(question.name):
            raise BadInput("That is not a name on the internet.")
        others = dict.fromkeys(each for each in question.helpers if each != question.name)
        helpers = [each for each in others if internet_name.is_well_formed(each)]
        self._silent = {key: why for key, why in self._silent.items() if key[0] in helpers}
        here = await self._here(question.name)
        if not here:
            return ReachReport()
        asked = [
            self._word(question.name, helper, version) for helper in helpers[:MOST_HELPERS] for version in self._nets
        ]
        words = tuple(word for word in await asyncio.gather(*asked) if word is not None)
        return ReachReport(here, words, await self._hairpin(question.name, words))

    async def _here(self, name: str) -> tuple[Port, ...]:
        """The ports at which this machine answers itself: of others nothing can be learnt from outside."""
        answers = await asyncio.gather(
            *(self._knock(self._home, name, "127.0.0.1", port, port.inside) for port in PUBLIC_PORTS)
        )
        return tuple(port for port, (answered, _) in zip(PUBLIC_PORTS, answers, strict=True) if _is_us(answered))

    async def _hairpin(self, name: str, words: tuple[HelperWord, ...]) -> bool | None:
        """Whether the way out and in again leads here, at a port where others came in. IPv6 needs no such way."""
        tcp = [port for port in PUBLIC_PORTS if port.protocol is Protocol.TCP]
        came = [
            (word.address, port)
            for word in words
            for port in tcp
            if ":" not in word.address and _manner(port).value in word.came
        ]
        if not came:
            return None
        address, port = came[0]
        answered, schemes = await self._knock(self._outside, name, address, port, port.outside)
        return _is_us(answered) and bool(schemes)

    async def _knock(
        self, prober: Prober, name: str, address: str, port: Port, number: int
    ) -> tuple[Answered, frozenset[str]]:
        nonce = self._nonces.make(4)
        answered = await prober.knock(Knock(_manner(port), address, number, name, HERE + nonce, proof(nonce)))
        return answered, self._nonces.came(nonce)

    async def _word(self, name: str, helper: str, version: int) -> HelperWord | None:
        nonce = self._nonces.make(version)
        query = urlencode({"name": name, "nonce": nonce})
        request = Request(
            f"https://{helper}{ASK}?{query}",
            method="POST",
            headers={"Accept": "application/json"},
            limits=Limits(size=MAX_WORD, seconds=SECONDS, redirects=0),
            follow=False,
        )
        try:
            response = await self._nets[version].fetch(request)
            if response.status != 200:
                raise BadInput(f"It answers {response.status}.")
            word = _read(response.body, version)
        except HearthError as error:
            if self._silent.get((helper, version)) != error.sentence:
                log.info("%s does not try to reach us by IPv%d: %s", helper, version, error.sentence)
            self._silent[helper, version] = error.sentence
            return None
        self._silent.pop((helper, version), None)
        came = tuple(sorted(self._nonces.came(nonce)))
        at = self._found[version].of(helper)
        return HelperWord(helper, word.address, word.tcp80, word.tcp443, word.udp443, came, at)


class Found:
    """Looks names up, and remembers what came of it: a helper's own word counts for no more than its network's."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._known: dict[str, tuple[str, ...]] = {}

    def __call__(self, host: str, port: int) -> list[str]:
        found = self._resolve(host, port)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[host] = tuple(found)
        return found

    def of(self, host: str) -> tuple[str, ...]:
        return self._known.get(host, ())


def _manner(port: Port) -> Manner:
    if port.protocol is Protocol.UDP:
        return Manner.QUIC
    return Manner.HTTPS if port.outside == 443 else Manner.HTTP


def _is_us(answered: Answered) -> bool:
    return answered is Answered.REACHED


def _read(body: bytes, version: int) -> Word:
    """What a newer helper adds is passed over. Raises BadInput."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise BadInput("It answers what is no JSON.") from None
    if not isinstance(said, dict):
        raise BadInput("It answers what is no JSON object.")
    word = from_dict(Word, {name: said[name] for name in _FIELDS if name in said})
    if not is_global(word.address) or (":" in word.address) is not (version == 6):
        raise BadInput("It names an address that nobody on the internet has.")
    return dataclasses.replace(word, address=str(ipaddress.ip_address(word.address)))
