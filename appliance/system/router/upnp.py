# SPDX-License-Identifier: AGPL-3.0-or-later
"""In the child: asks for ports by UPnP IGD, with miniupnpc.

It caps neither sizes nor the whole time, and goes wherever a description sends it. So it runs in a cage only, is told
where to look instead of looking for itself, and is stopped before it would go anywhere but to the gateway.
"""

from typing import Any

import miniupnpc

from appliance.internet.model import Mapping, Port, PortControl
from appliance.system.router import ssdp
from appliance.system.router.words import TEXT, Answer, Question, Trouble, Verb, is_address, plain

_LISTED = 64  # of what a router lists, more is not looked at
# What miniupnpc calls errors 725 and 402: the first says it, and so do old routers with the second.
_PERMANENT_ONLY = ("OnlyPermanentLeasesSupported", "Invalid Args")
_CONFLICTS = ("ConflictInMappingEntry", "ConflictWithOtherMechanisms")


def by_upnp(question: Question) -> Answer:
    for url in (question.known, None):
        found = url if url is not None else ssdp.search(question.own, question.gateway, question.patience)
        if not found or not ssdp.is_at(found, question.gateway):
            continue
        router = miniupnpc.UPnP()
        try:
            control = router.selectigd(found)
        except Exception:  # noqa: S112 - it knows no other; there is nothing at this place, or nothing to understand
            continue
        if not control:
            continue
        if not ssdp.is_at(control, question.gateway):
            return Answer(PortControl.UPNP, Trouble.STRANGE)
        igd = _Igd(router, question, found)
        if igd.is_one():
            return igd.answer()
    return Answer()


class _Igd:
    """One that was found. miniupnpc's errors are plain Exceptions."""

    def __init__(self, router: Any, question: Question, url: str) -> None:
        self._router = router
        self._question = question
        self._url = url

    def is_one(self) -> bool:
        """miniupnpc takes any text for the description of one: it must know what it is asked about."""
        for question in (self._router.externalipaddress, self._router.statusinfo):
            try:
                question()
            except Exception as error:
                # By its own name it tells that there was no answer; else it hands on the router's own error.
                if str(error).startswith("Miniupnpc"):
                    continue
            return True
        return False

    def answer(self) -> Answer:
        verb, ports = self._question.verb, self._question.ports
        if verb is Verb.LOOK:
            mappings = tuple(found for port in ports if (found := self._find(port)) is not None)
            return Answer(PortControl.UPNP, outside=self._outside(), mappings=mappings, known=self._url)
        if verb is Verb.OPEN:
            return self._open(ports[0])
        problems = [problem for port in ports if (problem := self._close(port)) is not None]
        return Answer(PortControl.UPNP, Trouble.REFUSED if problems else None, "".join(problems[:1]), known=self._url)

    def _open(self, port: Port) -> Answer:
        there = self._find(port)
        if there is not None and not self._is_ours(there):
            return Answer(PortControl.UPNP, Trouble.TAKEN, mappings=(there,), known=self._url)
        if there is not None and there.host != self._question.own:  # this box had another address
            self._close(port)
        lease, problem = self._question.seconds, self._add(port, self._question.seconds)
        if problem in _PERMANENT_ONLY:
            lease, problem = 0, self._add(port, 0)
        if problem is not None:
            trouble = Trouble.TAKEN if problem in _CONFLICTS else Trouble.REFUSED
            return Answer(PortControl.UPNP, trouble, problem, known=self._url)
        made = self._find(port) or self._find_in_list(port)
        if made is None or (made.host, made.port) != (self._question.own, port):
            return Answer(PortControl.UPNP, Trouble.UNSURE, known=self._url)
        # Some shorten a lease; few say what is left of it.
        left = min(made.seconds or lease, lease) if lease else None
        return Answer(PortControl.UPNP, outside=self._outside(), lease=left, mappings=(made,), known=self._url)

    def _close(self, port: Port) -> str | None:
        """What was wrong, if anything. What others hold is left alone."""
        there = self._find(port)
        if there is None or not self._is_ours(there):
            return None
        try:
            self._router.deleteportmapping(port.outside, _name(port))
        except Exception as error:
            return plain(str(error)) or "unknown error"
        return None

    def _add(self, port: Port, lease: int) -> str | None:
        """What was wrong, if anything."""
        own, description = self._question.own, self._question.description
        try:
            self._router.addportmapping(port.outside, _name(port), own, port.inside, description, "", lease)
        except Exception as error:
            return plain(str(error)) or "unknown error"
        return None

    def _find(self, port: Port) -> Mapping | None:
        try:
            found = self._router.getspecificportmapping(port.outside, _name(port))
        except Exception:  # texts that are no text
            return None
        if found is None:
            return None
        host, inside, description, enabled, lease = found
        return self._mapping(port, host, inside, description, lease) if enabled else None

    def _find_in_list(self, port: Port) -> Mapping | None:
        """For routers that cannot find a single one."""
        for index in range(_LISTED):
            try:
                found = self._router.getgenericportmapping(index)
            except Exception:
                return None
            if found is None:
                return None
            outside, protocol, (host, inside), description, *_, lease = found
            if (outside, protocol.upper()) == (port.outside, _name(port)):
                return self._mapping(port, host, inside, description, lease)
        return None

    def _mapping(self, port: Port, host: str, inside: int, description: str, lease: int) -> Mapping | None:
        if host != self._question.own and not is_address(host):
            return None
        seconds = lease if lease > 0 else None
        return Mapping(Port(port.protocol, port.outside, inside), host, seconds, plain(description)[:TEXT])

    def _is_ours(self, mapping: Mapping) -> bool:
        return self._question.own == mapping.host or self._question.description == mapping.description

    def _outside(self) -> str | None:
        try:
            address = self._router.externalipaddress()
        except Exception:
            return None
        return address if is_address(address) else None


def _name(port: Port) -> str:
    return port.protocol.value.upper()
