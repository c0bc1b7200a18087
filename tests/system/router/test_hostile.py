# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routers that mean harm: whatever they send, the child that reads it ends, takes little, and goes nowhere else."""

import socket
import struct

import pytest

from appliance.internet.model import PUBLIC_PORTS, PortControl
from appliance.system.router import asking
from appliance.system.router.asking import ask
from appliance.system.router.words import Answer, Question, Trouble, Verb
from appliance.system.runner import Completed, SystemRunner, VirtualRunner
from tests.system.router.played import (
    MOST,
    OUTSIDE,
    OWN,
    Igd,
    Played,
    description,
    http,
    nat_pmp_speaker,
    pcp_speaker,
    soap,
    takes_over,
)

HTTP, HTTPS, QUIC = PUBLIC_PORTS
NONCE = "00" * 12
PACKETS = (PortControl.PCP, PortControl.NAT_PMP)


def asked(router: Played, verb: Verb = Verb.LOOK, *, packets: bool = False) -> Answer:
    controls = PACKETS if packets else (PortControl.UPNP,)
    question = Question(verb, controls, OWN, router.address, PUBLIC_PORTS, 7200, NONCE, patience=0.2)
    return ask(SystemRunner(), question)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_SECONDS", dict.fromkeys(Verb, 1.5))


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2147483647\r\n\r\n"]
)
def test_a_description_without_end_takes_no_more_memory_than_the_child_has(head: bytes) -> None:
    @takes_over
    def flood(request: str, line: socket.socket) -> None:
        line.sendall(head)
        router.endless(line, bytes([65]) * 65536)

    with Played(upnp=flood) as router:
        assert asked(router).trouble in (Trouble.SILENT, Trouble.STRANGE)
        assert 0 < router.sent < MOST


def test_a_byte_now_and_then_lasts_no_longer_than_the_child_may(hurried: None) -> None:
    @takes_over
    def drip(request: str, line: socket.socket) -> None:
        for byte in http(description())[:1000]:
            router.wait(0.3)
            line.sendall(bytes([byte]))

    with Played(upnp=drip) as router:
        assert asked(router).trouble is Trouble.STRANGE


def test_a_bomb_of_entities_does_not_go_off() -> None:
    levels = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE root [<!ENTITY l0 "lol">{levels}]>'.encode()
    with Played(upnp=lambda request: http(bomb + description("&l9;"))) as router:
        assert asked(router).trouble in (Trouble.SILENT, Trouble.STRANGE)


def test_depth_without_end_is_survived() -> None:
    with Played(upnp=lambda request: http(b"<device>" * 200_000)) as router:
        assert asked(router).trouble in (Trouble.SILENT, Trouble.STRANGE)


@pytest.mark.parametrize(
    "place",
    [
        "http://{victim}/",
        "http://{at}@{victim}/",
        "http://{victim}#{at}/",
        "https://{at}/",
        "file:///etc/passwd",
        "x" * 5000,
    ],
)
def test_nobody_is_asked_where_an_answer_points_elsewhere(place: str) -> None:
    victim = Igd()
    with Played(upnp=victim.answer) as other:
        location = place.replace("{victim}", other.place)
        with Played(upnp=Igd().answer, location=location) as router:
            assert asked(router).trouble is Trouble.SILENT
        assert other.requests == 0


@pytest.mark.parametrize("base", [False, True])
def test_nobody_is_asked_where_a_description_points_elsewhere(base: bool) -> None:
    victim = Igd()
    with Played(upnp=victim.answer) as other:
        there = f"http://{other.place}/"
        lie = description(base=f"<URLBase>{there}</URLBase>") if base else description(f"{there}control")
        with Played(upnp=lambda request: http(lie)) as router:
            for verb in (Verb.LOOK, Verb.OPEN):
                assert asked(router, verb).trouble is Trouble.STRANGE
        assert other.requests == 0


def test_a_redirect_is_not_followed() -> None:
    victim = Igd()
    with Played(upnp=victim.answer) as other:
        away = http(b"moved", "302 Found", f"Location: http://{other.place}/\r\n")
        with Played(upnp=lambda request: away) as router:
            assert asked(router).control is None
        assert other.requests == 0


@pytest.mark.parametrize(
    "outside", ["127.0.0.1", "0.0.0.0", "999.1.2.3", "::1%lo", "x" * 10_000, "\udcff\udcfe", "&#0;", ""]
)
def test_nonsense_is_no_address(outside: str) -> None:
    igd = Igd(outside=outside)
    with Played(upnp=igd.answer) as router:
        found = asked(router)
    assert (found.control, found.trouble, found.outside) == (PortControl.UPNP, None, None)


def test_nonsense_about_mappings_comes_short_and_plain_or_not_at_all() -> None:
    igd = Igd()
    igd.hold("TCP", "80", "192.168.1.5", "99999999999", "-5", "a" * 100_000)
    igd.hold("TCP", "443", "nowhere", "443", "7", "\udcff\udcfe")
    igd.hold("UDP", "443", "192.168.1.5", "8", "x", "\x1b[31mred\r\n\t\u202eder")
    with Played(upnp=igd.answer) as router:
        found = asked(router)
    assert found.trouble is None
    assert {each.port.outside for each in found.mappings} == {80, 443}
    for each in found.mappings:
        assert each.host == "192.168.1.5"
        assert each.description.isprintable()
        assert len(each.description) <= 80


def test_a_liar_who_says_yes_and_does_nothing_is_found_out() -> None:
    igd = Igd(lies=True)
    with Played(upnp=igd.answer) as router:
        assert asked(router, Verb.OPEN).trouble is Trouble.UNSURE


def test_a_list_without_end_is_not_read_to_its_end() -> None:
    class Endless(Igd):
        def answer(self, request: str) -> bytes:
            if "GetGenericPortMappingEntry" not in request:
                return super().answer(request)
            self.actions.append("listed")
            values = {"NewExternalPort": "1", "NewProtocol": "TCP", "NewInternalClient": "192.168.1.5"}
            more = {"NewInternalPort": "1", "NewEnabled": "1", "NewPortMappingDescription": "", "NewLeaseDuration": "0"}
            return soap("GetGenericPortMappingEntry", {"NewRemoteHost": "", **values, **more})

    igd = Endless(lies=True)
    with Played(upnp=igd.answer) as router:
        assert asked(router, Verb.OPEN).trouble is Trouble.UNSURE
    assert 0 < igd.actions.count("listed") <= 64


def test_what_another_than_the_gateway_sends_is_not_heard() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((OWN, 0))

        def elsewhere(data: bytes) -> list[bytes]:
            # Told who asked, the stranger answers first, and rightly but for who it is.
            for each in honest(data):
                stranger.sendto(each, router.last)
            return []

        honest = pcp_speaker()
        with Played(packets=elsewhere) as router:
            assert asked(router, packets=True).trouble is Trouble.SILENT


GARBAGE = [b"", b"\x02", bytes(3), bytes(8), b"\xff" * 1100, b"\x02\x80" + bytes(2000), b"\x00\x80" + bytes(5)]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_no_answer(garbage: bytes) -> None:
    with Played(packets=lambda data: [garbage] * 200) as router:
        found = asked(router, packets=True)
    assert found.control is None or found.outside is None


@pytest.mark.parametrize(
    "speaker",
    [pcp_speaker(nonce=b"x" * 12), pcp_speaker(cut=59), pcp_speaker(cut=0)],
    ids=["another's", "short", "empty"],
)
def test_pcp_answers_that_do_not_fit_open_nothing(speaker) -> None:
    with Played(packets=speaker) as router:
        assert asked(router, Verb.OPEN, packets=True).trouble is Trouble.SILENT


def test_leases_and_addresses_out_of_this_world_are_cut_or_left_out() -> None:
    def for_ever(data: bytes) -> list[bytes]:
        (said,) = pcp_speaker(address="127.0.0.1")(data)
        return [said[:4] + struct.pack("!I", 2**32 - 1) + said[8:]]

    with Played(packets=for_ever) as router:
        found = asked(router, Verb.OPEN, packets=True)
    assert (found.lease, found.outside) == (24 * 3600, None)
    with Played(packets=nat_pmp_speaker(outside="224.0.0.1")) as router:
        found = asked(router, packets=True)
    assert (found.control, found.outside) == (PortControl.NAT_PMP, None)


class TakenOver(VirtualRunner):
    """A child that was made to say what its attacker likes."""

    def __init__(self, output: bytes, code: int = 0) -> None:
        super().__init__()
        self.done = Completed(code, output, b"")

    def question(self, argv, *, timeout, stdin=b"") -> Completed:
        return self.done


MAPPING = b'{"port": {"protocol": "tcp", "outside": %d, "inside": 80}, "host": "%s", "seconds": %s}'


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 60_000,
        b'{"unknown": 1}',
        b'{"control": "telnet"}',
        b'{"outside": "127.0.0.1"}',
        b'{"outside": "<script>"}',
        b'{"reason": "' + b"x" * 81 + b'"}',
        b'{"reason": "\\u001b[31m"}',
        b'{"reason": "\\ud800"}',
        b'{"lease": -1}',
        b'{"lease": 1e400}',
        b'{"epoch": 4294967296}',
        b'{"known": "' + b"x" * 201 + b'"}',
        b'{"names": [{"address": "a\\nb", "name": ""}]}',
        b'{"mappings": [' + MAPPING % (70000, b"192.168.1.5", b"1") + b"]}",
        b'{"mappings": [' + MAPPING % (80, b"nas", b"1") + b"]}",
        b'{"mappings": [' + MAPPING % (80, b"192.168.1.5", b"-1") + b"]}",
        b'{"mappings": [' + b",".join([MAPPING % (80, b"192.168.1.5", b"1")] * 17) + b"]}",
    ],
)
def test_a_child_that_was_taken_over_is_not_believed(output: bytes) -> None:
    question = Question(Verb.LOOK, PACKETS, OWN, "127.0.0.2")
    assert ask(TakenOver(output), question) == Answer(trouble=Trouble.STRANGE)


def test_a_child_that_ended_badly_is_not_believed() -> None:
    question = Question(Verb.LOOK, PACKETS, OWN, "127.0.0.2")
    good = f'{{"control": "pcp", "outside": "{OUTSIDE}"}}'.encode()
    assert ask(TakenOver(good), question) == Answer(PortControl.PCP, outside=OUTSIDE)
    assert ask(TakenOver(good, -9), question) == Answer(trouble=Trouble.STRANGE)
