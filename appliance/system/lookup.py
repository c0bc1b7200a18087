# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lookup: asks name servers, by dnspython. Their answers are strangers' bytes, and dnspython is heavy: both belong into
a child in its cage (resolver.py).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.rdtypes.ANY.CAA
import dns.rdtypes.ANY.CNAME
import dns.rdtypes.ANY.NS
import dns.rdtypes.ANY.SOA
import dns.rdtypes.IN.A
import dns.rdtypes.IN.AAAA
import dns.resolver
from dns.rdatatype import RdataType

from appliance.internet.model import Records
from appliance.parse import from_dict
from appliance.system.resolver import Question

MAX_RECORDS = 16  # of one kind
MAX_SERVERS = 4
_MAX_CLIMB = 10


def answer(asked: Mapping[str, Any]) -> Records:
    """What an inquiry answers with (inquiry.py)."""
    question = from_dict(Question, asked)
    lookup = Lookup(question)
    if question.name is None:
        return Records("", answered=lookup.works())
    return lookup.records(question.name)


class Lookup:
    """The name servers of /etc/resolv.conf, which come and go with the network; for tests, others: `servers`."""

    def __init__(self, question: Question) -> None:
        self._servers = question.servers
        self._port = question.port
        self._seconds = question.seconds

    def works(self) -> bool:
        return self._ask(dns.name.root, dns.rdatatype.NS) is not None

    def records(self, name: str) -> Records:
        try:
            full = dns.name.from_text(name)
        except dns.exception.DNSException:
            return Records(name, answered=True)
        a, aaaa = (self._ask(full, kind) for kind in (dns.rdatatype.A, dns.rdatatype.AAAA))
        if a is None and aaaa is None:
            return Records(name, answered=False)
        source_a, source_aaaa = self._at_source(full)
        return Records(
            name,
            answered=True,
            a=a or (),
            aaaa=aaaa or (),
            caa=self._caa(full),
            source_a=source_a,
            source_aaaa=source_aaaa,
        )

    def _resolver(self) -> dns.resolver.Resolver | None:
        try:
            resolver = dns.resolver.Resolver(configure=not self._servers)
        except dns.exception.DNSException:  # there is no resolv.conf, or nothing in it
            return None
        if self._servers:
            resolver.nameservers = list(self._servers)
        resolver.port = self._port
        resolver.lifetime = self._seconds
        resolver.timeout = self._seconds / 2
        return resolver

    def _ask(self, name: dns.name.Name, kind: RdataType) -> tuple[str, ...] | None:
        """The records as text, () where there are none, None where nobody knows."""
        resolver = self._resolver()
        if resolver is None:
            return None
        try:
            answer = resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.exception.DNSException, OSError):
            return None
        return _texts(answer.rrset)

    def _caa(self, name: dns.name.Name) -> tuple[str, ...] | None:
        """The first set on the way up is the one that counts (RFC 8659, section 3)."""
        while len(name) > 1:
            found = self._ask(name, dns.rdatatype.CAA)
            if found:
                return _issuers(found)
            name = name.parent()
        return None

    def _at_source(self, name: dns.name.Name) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        for address in self._own_servers(name):
            a, aaaa = (self._ask_server(address, name, kind) for kind in (dns.rdatatype.A, dns.rdatatype.AAAA))
            if a is not None and aaaa is not None:
                return a, aaaa
        return None, None

    def _own_servers(self, name: dns.name.Name) -> Iterator[str]:
        """Addresses of the name servers of the zone that the name lies in, a few."""
        for _ in range(_MAX_CLIMB):
            if len(name) <= 1:
                return
            servers = self._ask(name, dns.rdatatype.NS)
            if servers:
                break
            name = name.parent()
        else:
            return
        for server in servers[:MAX_SERVERS]:
            for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
                yield from (self._ask(dns.name.from_text(server), kind) or ())[:1]

    def _ask_server(self, address: str, name: dns.name.Name, kind: RdataType) -> tuple[str, ...] | None:
        """As `_ask`, of one server that must know it by itself."""
        query = dns.message.make_query(name, kind, flags=0, use_edns=0, payload=1232)
        try:
            answer, _ = dns.query.udp_with_fallback(query, address, timeout=self._seconds / 2, port=self._port)
        except (dns.exception.DNSException, OSError, EOFError):
            return None
        if not answer.flags & dns.flags.AA:
            return None
        found = tuple(text for each in answer.answer if each.rdtype == kind for text in _texts(each))
        follows = any(each.rdtype == dns.rdatatype.CNAME for each in answer.answer)
        return None if follows and not found else found[:MAX_RECORDS]


def _texts(records: "dns.rrset.RRset | None") -> tuple[str, ...]:
    return tuple(sorted(each.to_text() for each in records or ()))[:MAX_RECORDS]


def _issuers(records: tuple[str, ...]) -> tuple[str, ...] | None:
    """The "issue" values without parameters, "" for what allows nobody; None where none of them limits issuing."""
    found = []
    for record in records:
        _, _, rest = record.partition(" ")
        tag, _, value = rest.partition(" ")
        if tag.lower() == "issue":
            found.append(value.strip('"').partition(";")[0].strip().lower())
    return tuple(found) or None
