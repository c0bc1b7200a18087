# SPDX-License-Identifier: AGPL-3.0-or-later
"""PCP's and NAT-PMP's packets, byte by byte as their RFCs draw them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.system.router import nat_pmp, pcp

WANT = pcp.Want("192.168.1.20", 6, 8443, 443, 7200, b"abcdefghijkl")
OWN = bytes(10) + b"\xff\xff" + bytes((192, 168, 1, 20))
ADDRESS = bytes(10) + b"\xff\xff" + bytes((203, 0, 113, 7))


def mapped(result=0, seconds=7200, nonce=WANT.nonce, protocol=6, inside=8443, outside=443, address=ADDRESS):
    head = bytes((2, 129, 0, result)) + struct.pack("!II", seconds, 1234) + bytes(12)
    return head + nonce + bytes((protocol, 0, 0, 0)) + struct.pack("!HH", inside, outside) + address


def test_a_request_for_a_port():
    head = bytes((2, 1, 0, 0)) + struct.pack("!I", 7200) + OWN
    body = WANT.nonce + bytes((6, 0, 0, 0)) + struct.pack("!HH", 8443, 443) + bytes(10) + b"\xff\xff" + bytes(4)
    assert pcp.ask(WANT, only_this_port=False) == head + body
    assert pcp.ask(WANT, only_this_port=True) == head + body + bytes((2, 0, 0, 0))


def test_a_deletion_insists_on_nothing():
    deletion = pcp.ask(pcp.Want("192.168.1.20", 6, 8443, 443, 0, WANT.nonce), only_this_port=True)
    assert len(deletion) == 60
    assert deletion[4:8] == bytes(4)


def test_a_pinhole_is_asked_for_in_ones_own_name():
    packet = pcp.ask(pcp.Want("2001:db8::20", 17, 443, 443, 60, WANT.nonce), only_this_port=False)
    assert packet[8:24] == b"\x20\x01\x0d\xb8" + bytes(11) + b"\x20"
    assert packet[-16:] == bytes(16)


def test_the_answer_to_it():
    assert pcp.read_map(mapped(), WANT) == pcp.Mapped(pcp.Answer(0, 7200, 1234), 443, "203.0.113.7")
    assert pcp.read_map(mapped(result=11), WANT).answer.result == pcp.Result.CANNOT_PROVIDE_EXTERNAL
    assert pcp.read_map(mapped(address=bytes(16)), WANT).address is None


@pytest.mark.parametrize(
    "change", [{"nonce": bytes(12)}, {"protocol": 17}, {"inside": 8080}], ids=["another's", "udp", "another port"]
)
def test_an_answer_to_something_else_is_none(change):
    assert pcp.read_map(mapped(**change), WANT) is None


def test_announce():
    assert pcp.announce("192.168.1.20") == bytes((2, 0, 0, 0)) + bytes(4) + OWN
    assert pcp.read(bytes((2, 128, 0, 0)) + struct.pack("!II", 0, 77) + bytes(12), pcp.ANNOUNCE) == pcp.Answer(0, 0, 77)
    assert pcp.read(mapped(), pcp.ANNOUNCE) is None
    assert pcp.read(b"\x00" + mapped()[1:], pcp.MAP) is None


@pytest.mark.parametrize(
    ("theirs", "ours", "restarted"),
    [
        (60, 60, False),
        (59, 60, False),
        (54, 60, False),
        (48, 60, True),
        (0, 60, True),
        (-2, 0, True),
        (-1, 0, False),
        (3600, 60, True),
    ],
)
def test_a_clock_that_began_anew_is_seen(theirs, ours, restarted):
    assert pcp.has_restarted((1000, 50.0), (1000 + theirs, 50.0 + ours)) is restarted


@given(st.binary(max_size=1200))
def test_no_bytes_at_all_are_too_much(data):
    pcp.read(data, pcp.ANNOUNCE)
    pcp.read_map(data, WANT)
    nat_pmp.read_address(data)
    nat_pmp.read_map(data, 6, 8443)


def test_nat_pmp_asks():
    assert nat_pmp.ask_address() == bytes(2)
    assert nat_pmp.ask(6, 8443, 443, 7200) == bytes((0, 2, 0, 0)) + struct.pack("!HHI", 8443, 443, 7200)
    assert nat_pmp.ask(17, 8443, 443, 7200)[1] == 1
    assert nat_pmp.ask(6, 8443, 443, 0) == bytes((0, 2, 0, 0)) + struct.pack("!HHI", 8443, 0, 0)


def test_nat_pmp_answers():
    told = bytes((0, 128, 0, 0)) + struct.pack("!I", 77)
    assert nat_pmp.read_address(told + bytes((203, 0, 113, 7))) == nat_pmp.Told(0, 77, "203.0.113.7")
    assert nat_pmp.read_address(told + bytes(4)) == nat_pmp.Told(0, 77, None)
    assert nat_pmp.read_address(told) is None
    assert nat_pmp.read_address(bytes((0, 128, 0, 3)) + told[4:]) == nat_pmp.Told(3, 77, None)
    said = bytes((0, 130, 0, 0)) + struct.pack("!IHHI", 77, 8443, 443, 7200)
    assert nat_pmp.read_map(said, 6, 8443) == nat_pmp.Mapped(0, 77, 443, 7200)
    assert nat_pmp.read_map(said, 6, 8080) is None
    assert nat_pmp.read_map(said, 17, 8443) is None
