# SPDX-License-Identifier: AGPL-3.0-or-later
"""The router at home. What it answers is read by a child (asking.py), and arrives here as typed values."""

import hashlib
import hmac
import logging
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace

from appliance.errors import HearthError
from appliance.internet import model
from appliance.internet.model import Link, Mapping, Port, PortControl
from appliance.system.clock import Clock
from appliance.system.interfaces import Interfaces
from appliance.system.router.asking import ask
from appliance.system.router.door import LEASE_SECONDS, refuses, silent, strange, taken
from appliance.system.router.lease import Lease
from appliance.system.router.memory import Grant, Memory, same
from appliance.system.router.words import Answer, Question, Trouble, Verb
from appliance.system.runner import Runner

_PACKETS = (PortControl.PCP, PortControl.NAT_PMP)
_ALL = (*_PACKETS, PortControl.UPNP)
_NAMES_SECONDS = 3600.0
# How soon to search again for UPnP at a router that can be asked otherwise; it tells who the rivals are.
_SEARCH_SECONDS = 600.0
_SEARCH_SOON_SECONDS = 60.0
# One over whose answers a child was killed, or that led it astray, is left alone for a while: each time costs work.
_SHUN_SECONDS = 45.0
# How much of the usual patience there is with a router when what it gave is given back.
_LEAVING = 0.4
_REFUSED = {Trouble.TAKEN: "port-taken", Trouble.REFUSED: "router-refuses", Trouble.UNSURE: "router-unsure"}

log = logging.getLogger(__name__)


class SystemRouter:
    def __init__(self, runner: Runner, interfaces: Interfaces, clock: Clock, *, patience: float = 1.0) -> None:
        """`patience`: less than 1 for a network that is nearer than any home's."""
        self._runner = runner
        self._interfaces = interfaces
        self._clock = clock
        self._secret = interfaces.machine().encode() or os.urandom(16)
        self._description = f"Hearth {hashlib.sha256(b'router ' + self._secret).hexdigest()[:6]}"
        self._patience = patience
        self._memory = Memory(Link(carrier=False))
        self._names: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def look(self, ports: Sequence[Port]) -> model.Router:
        with self._lock:
            link = self._meet()
            if link is None:
                return self._look6(ports)
            memory = self._memory
            told = self._ask(link, Question(Verb.LOOK, _PACKETS, link.address or "", link.gateway or ""))
            listed = self._list(link, ports, hurry=told.control is None)
            found = [each.control for each in (told, listed) if each.control is not None and each.trouble is None]
            if not found and Trouble.STRANGE in (told.trouble, listed.trouble):
                raise strange()
            memory.controls = tuple(found)
            # By PCP alone it is learnt with a port, and not to be asked again.
            kept = memory.outside if found == [PortControl.PCP] else None
            memory.outside = told.outside or listed.outside or kept
            now = self._clock.monotonic()
            memory.expire(now)
            mappings = [each for each in memory.mappings(ports, now) if not self._is_of_before(each)]
            self._learn_names([*(each.host for each in mappings if each.host != link.address), link.gateway or ""])
            return model.Router(
                found[0] if found else None,
                self._name(link.gateway or ""),
                memory.outside,
                tuple(replace(each, name=self._name(each.host)) for each in mappings),
                tuple((port, why) for port, why in memory.refused.items() if port in ports),
                *memory.pinholes_of(ports, now),
                self._beyond(link, mappings),
            )

    def _look6(self, ports: Sequence[Port]) -> model.Router:
        """Where there is no IPv4 at all."""
        link, memory = self._memory.link, self._memory
        if not (link.carrier and link.address6 and link.gateway6):
            return model.Router(None)
        told = self._ask(link, Question(Verb.LOOK, (PortControl.PCP,), link.address6, link.gateway6))
        now = self._clock.monotonic()
        memory.expire(now)
        pinholes, due = memory.pinholes_of(ports, now)
        return model.Router(told.control, pinholes=pinholes, due=due)

    def _beyond(self, link: Link, mappings: Sequence[Mapping]) -> str | None:
        """Some routers that have no address of the internet tell none, and refuse: then the next one tells why."""
        refused = "router-refuses" in self._memory.refused.values()
        if self._memory.outside or not refused or any(each.host == link.address for each in mappings):
            return None
        return self._ask(link, Question(Verb.BEYOND, (), link.address or "", link.gateway or "")).beyond

    def open(self, port: Port, seconds: int = LEASE_SECONDS) -> Mapping:
        with self._lock:
            link, memory = self._meet(), self._memory
            if link is None:
                raise silent()
            troubles, vague, controls = [], [], [*(memory.controls or _ALL)]
            for control in controls:
                answer = self._ask(link, self._wish(Verb.OPEN, control, link, [port], seconds))
                if answer.control is PortControl.UPNP and control not in memory.controls:
                    memory.known, memory.controls = answer.known, (*memory.controls, control)
                if answer.control is not None and answer.trouble is None:
                    memory.refused.pop(port, None)
                    lease = Lease(answer.lease, self._clock.monotonic())
                    memory.grants[port] = Grant(control, lease)
                    memory.outside = answer.outside or memory.outside
                    return Mapping(port, link.address or "", answer.lease, self._description, lease=answer.lease)
                if answer.trouble is Trouble.TAKEN and control in _PACKETS and self._tells_more(controls):
                    vague.append(answer)
                    continue
                troubles.append(answer)
                if answer.trouble is Trouble.TAKEN:
                    break
            clear = any(each.control is not None for each in troubles)
            raise self._trouble(port, troubles if clear else [*vague, *troubles])

    def open_pinhole(self, port: Port, seconds: int = LEASE_SECONDS) -> int:
        with self._lock:
            self._meet()
            link = self._memory.link
            if link.address6 is None or link.gateway6 is None:
                raise silent()
            answer = self._ask(link, self._wish6(Verb.OPEN, link, [port], seconds))
            if answer.control is None or answer.trouble is not None or not answer.lease:
                raise self._error(port, answer)
            self._memory.pinholes[port] = Lease(answer.lease, self._clock.monotonic())
            return answer.lease

    def close(self, ports: Sequence[Port]) -> None:
        with self._lock:
            self._meet()
            link, memory, wishes = self._memory.link, self._memory, []
            for control in _ALL:
                given = [port for port in ports if (grant := memory.grants.get(port)) and grant.control is control]
                if control is PortControl.UPNP:  # of an earlier life, but none that the owner made by hand
                    seen = [each for each in memory.listed if each.description == self._description]
                    given += [port for port in ports if port not in given and any(same(port, it.port) for it in seen)]
                if given:
                    wishes.append(self._wish(Verb.CLOSE, control, link, given))
            if pinholes := [port for port in ports if port in memory.pinholes]:
                wishes.append(self._wish6(Verb.CLOSE, link, pinholes))
            memory.listed = ()
            for port in ports:
                memory.grants.pop(port, None)
                memory.pinholes.pop(port, None)
                memory.refused.pop(port, None)
            troubles = [each for wish in wishes if (each := self._ask(link, wish)).trouble is not None]
            if troubles:
                raise self._error(ports[0], troubles[0])

    def _tells_more(self, controls: list[PortControl]) -> bool:
        """By PCP and NAT-PMP a router may say the same of a port that another machine has, and of one that nobody may
        have; by UPnP it tells which of the two, and whose. So that is asked as well, and searched for now and then."""
        memory, now = self._memory, self._clock.monotonic()
        if PortControl.UPNP not in controls and now >= max(memory.upnp_again, memory.shun_until):
            memory.upnp_again = now + _SEARCH_SOON_SECONDS
            controls.append(PortControl.UPNP)
        return PortControl.UPNP in controls

    def _meet(self) -> Link | None:
        """The link, if there is a router at it for IPv4. At another one nothing counts that was learnt before."""
        link = self._interfaces.link()
        if not self._memory.is_of(link):
            self._memory = Memory(link)
            self._names.clear()
        return link if link.carrier and link.address and link.gateway else None

    def _list(self, link: Link, ports: Sequence[Port], *, hurry: bool) -> Answer:
        """By UPnP it can be seen who holds which port."""
        memory, now = self._memory, self._clock.monotonic()
        if now < memory.shun_until:
            return Answer(trouble=Trouble.STRANGE)
        if not (hurry or memory.known or now >= memory.search_again):
            return Answer()
        memory.search_again = now + _SEARCH_SECONDS
        answer = self._ask(link, self._wish(Verb.LOOK, PortControl.UPNP, link, ports))
        memory.known = answer.known
        if answer.trouble is Trouble.STRANGE:
            memory.shun_until = self._clock.monotonic() + _SHUN_SECONDS
        if answer.control is not None and answer.trouble is None:
            memory.see(answer)
        else:
            memory.listed = ()
        return answer

    def _ask(self, link: Link, question: Question) -> Answer:
        patience = self._patience * (_LEAVING if question.verb is Verb.CLOSE else 1.0)
        answer = ask(self._runner, replace(question, patience=patience))
        if self._memory.hear(question.gateway, answer, self._clock.monotonic()):
            log.info("the router has been started again")
        return answer

    def _wish(self, verb: Verb, control: PortControl, link: Link, ports: Iterable[Port], seconds: int = 0) -> Question:
        return Question(
            verb,
            (control,),
            link.address or "",
            link.gateway or "",
            tuple(ports),
            seconds,
            self._nonce(4),
            self._description,
            self._memory.known,
        )

    def _wish6(self, verb: Verb, link: Link, ports: Iterable[Port], seconds: int = 0) -> Question:
        """By IPv6 nothing is translated: a port outside is the box's own."""
        own = tuple(Port(port.protocol, port.outside, port.outside) for port in ports)
        own6, gateway6 = link.address6 or "", link.gateway6 or ""
        return Question(verb, (PortControl.PCP,), own6, gateway6, own, seconds, self._nonce(6))

    def _nonce(self, version: int) -> str:
        """Not to be guessed by others, and the same again after a power cut: a router lets only those who know it
        renew or close (RFC 6887, 11.2)."""
        return hmac.digest(self._secret, f"pcp {version}".encode(), "sha256")[:12].hex()

    def _trouble(self, port: Port, answers: Sequence[Answer]) -> HearthError:
        """Of all that was answered, what helps most."""
        for trouble in (Trouble.TAKEN, Trouble.UNSURE, Trouble.REFUSED, Trouble.STRANGE):
            for answer in answers:
                if answer.trouble is trouble:
                    # What it gave before it would have gone on giving; and it may stand elsewhere now.
                    self._memory.grants.pop(port, None)
                    if trouble is Trouble.REFUSED:
                        self._memory.outside = None
                    self._memory.refused[port] = _REFUSED.get(trouble, "router-refuses")
                    return self._error(port, answer)
        return silent()

    def _error(self, port: Port, answer: Answer) -> HearthError:
        if answer.trouble is Trouble.TAKEN:
            there = next((each for each in (*answer.mappings, *self._memory.listed) if same(each.port, port)), None)
            if there is None:
                return taken(port)
            self._learn_names([there.host])
            return taken(port, self._name(there.host) or there.description or there.host)
        if answer.trouble is Trouble.UNSURE:
            return refuses("it said yes and did nothing")
        if answer.trouble is Trouble.REFUSED:
            return refuses(answer.reason)
        return strange() if answer.trouble is Trouble.STRANGE else silent()

    def _is_of_before(self, mapping: Mapping) -> bool:
        """Ours, from when this box had another address; opening it again mends it."""
        return mapping.description == self._description and mapping.host != self._memory.link.address

    def _learn_names(self, addresses: Sequence[str]) -> None:
        now = self._clock.monotonic()
        unknown = tuple({each for each in addresses if each and self._names.get(each, ("", 0.0))[1] <= now})
        if not unknown:
            return
        answer = ask(self._runner, Question(Verb.NAMES, (), "", "", addresses=unknown))
        learnt = {each.address: each.name for each in answer.names}
        for address in unknown:
            self._names[address] = learnt.get(address, ""), now + _NAMES_SECONDS

    def _name(self, address: str) -> str:
        return self._names.get(address, ("", 0.0))[0]
