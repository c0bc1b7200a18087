# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names looked up by a child in its cage, at a name server on loopback that may tell what it likes."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from appliance.internet.model import Records
from appliance.system.resolver import SystemResolver
from appliance.system.runner import Completed, SystemRunner, VirtualRunner

NAME = "shed.example.net"
Zone = dict[tuple[str, str], list[str]]
ZONE: Zone = {
    (".", "NS"): ["a.root-servers.example."],
    ("example.net.", "NS"): ["ns.example.net."],
    ("ns.example.net.", "A"): ["127.0.0.1"],
    ("example.net.", "CAA"): ['0 issue "letsencrypt.org; validationmethods=http-01"', '0 iodef "mailto:a@example.net"'],
    (f"{NAME}.", "A"): ["192.0.2.7"],
}


def honest(zone: Zone) -> Callable[[bytes], bytes]:
    """An answer as of the zone's own name server; a list under CNAME leads on."""

    def answer(asked: bytes) -> bytes:
        query = dns.message.from_wire(asked)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA | dns.flags.RA
        question = query.question[0]
        name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        if found := zone.get((name, kind)):
            reply.answer = [dns.rrset.from_text(question.name, 60, "IN", kind, *found)]
        elif not any(name == known or known.endswith(f".{name}") for known, _ in zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()

    return answer


@contextlib.contextmanager
def server(answer: Callable[[bytes], bytes | None]) -> Iterator[int]:
    """A name server's port on loopback, with TCP refused."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    asked, asker = listening.recvfrom(4096)
                    if not asked:
                        return
                    if (reply := answer(asked)) is not None:
                        listening.sendto(reply, asker)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.sendto(b"", listening.getsockname())
            thread.join(5)


def resolver(port: int, seconds: float = 4.0) -> SystemResolver:
    return SystemResolver(SystemRunner(), ("127.0.0.1",), port=port, seconds=seconds)


def test_a_name_is_told_with_what_its_own_servers_say_and_who_may_issue() -> None:
    with server(honest(ZONE)) as port:
        assert resolver(port).works()
        assert resolver(port).records(NAME) == Records(
            NAME, True, a=("192.0.2.7",), caa=("letsencrypt.org",), source_a=("192.0.2.7",), source_aaaa=()
        )


def test_a_name_that_is_not_there_is_no_trouble() -> None:
    with server(honest(ZONE)) as port:
        found = resolver(port).records("nobody.example.net")
    assert (found.answered, found.a, found.aaaa) == (True, (), ())


def test_what_limits_nobody_and_what_forbids_everybody() -> None:
    limits_nobody: Zone = {**ZONE, ("example.net.", "CAA"): ['0 iodef "mailto:a@example.net"']}
    forbids: Zone = {**ZONE, (f"{NAME}.", "CAA"): ['0 issue ";"']}
    with server(honest(limits_nobody)) as port:
        assert resolver(port).records(NAME).caa is None
    with server(honest(forbids)) as port:
        assert resolver(port).records(NAME).caa == ("",)


def test_hundreds_of_addresses_are_cut_short() -> None:
    many: Zone = {**ZONE, (f"{NAME}.", "A"): [f"192.0.2.{number}" for number in range(60)]}
    with server(honest(many)) as port:
        assert len(resolver(port).records(NAME).a) == 16


@pytest.mark.parametrize("reply", [b"", b"\x00" * 12, b"\xff" * 600, b"no name server"])
def test_nonsense_is_no_answer(reply: bytes) -> None:
    with server(lambda asked: asked[:2] + reply) as port:
        found = resolver(port, seconds=0.2).records(NAME)
    assert found == Records(NAME, answered=False)


def test_where_nobody_listens_nobody_answers() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert not resolver(port, seconds=0.2).works()


@pytest.mark.parametrize(
    "said",
    [
        b"null",
        b'{"name": "other.example", "answered": true}',
        b'{"name": "shed.example.net", "answered": true, "a": "192.0.2.7"}',
        b'{"name": "shed.example.net", "answered": true, "a": ["a\\u001b[2J"]}',
        b'{"name": "shed.example.net", "answered": true, "a": [' + b'"1",' * 40 + b'"1"]}',
    ],
)
def test_a_child_that_was_taken_over_is_not_believed(said: bytes) -> None:
    class Taken(VirtualRunner):
        def question(self, *_: object, **__: object) -> Completed:
            return Completed(0, said, b"")

    assert SystemResolver(Taken()).records(NAME) == Records(NAME, answered=False)
