# SPDX-License-Identifier: AGPL-3.0-or-later
"""PCP's packets (RFC 6887), those of it that we need: ANNOUNCE and MAP."""

import ipaddress
import struct
from dataclasses import dataclass
from enum import IntEnum

VERSION = 2
ANNOUNCE, MAP = 0, 1
NONCE_BYTES = 12
PACKET_BYTES = 1100
_ANSWER = 0x80
_SLACK = 5.0
_PREFER_FAILURE = struct.pack("!BxH", 2, 0)
_REQUEST = struct.Struct("!BBxxI16s")
_RESPONSE = struct.Struct("!BBxBII12x")
_MAP = struct.Struct("!12sB3xHH16s")
_ANY4 = ipaddress.IPv6Address("::ffff:0.0.0.0").packed


class Result(IntEnum):
    """Those that are more than a failure (RFC 6887, 7.4)."""

    SUCCESS = 0
    UNSUPPORTED_VERSION = 1
    NOT_AUTHORIZED = 2
    UNSUPPORTED_OPCODE = 4
    UNSUPPORTED_OPTION = 5
    CANNOT_PROVIDE_EXTERNAL = 11
    ADDRESS_MISMATCH = 12


@dataclass(frozen=True)
class Want:
    """`protocol` is IP's number; `own` this machine's address, as text."""

    own: str
    protocol: int
    inside: int
    outside: int
    seconds: int
    nonce: bytes


@dataclass(frozen=True)
class Answer:
    result: int
    seconds: int
    epoch: int


@dataclass(frozen=True)
class Mapped:
    """`address` is the one outside, as text, or None where it is nonsense."""

    answer: Answer
    outside: int
    address: str | None


def announce(own: str) -> bytes:
    return _REQUEST.pack(VERSION, ANNOUNCE, 0, _packed(own))


def ask(want: Want, *, only_this_port: bool) -> bytes:
    """A lease of 0 seconds deletes. With `only_this_port` no other one is taken in its place."""
    anywhere = _ANY4 if "." in want.own else bytes(16)
    packet = _REQUEST.pack(VERSION, MAP, want.seconds, _packed(want.own))
    packet += _MAP.pack(want.nonce, want.protocol, want.inside, want.outside, anywhere)
    return packet + (_PREFER_FAILURE if only_this_port and want.seconds else b"")


def read(packet: bytes, opcode: int) -> Answer | None:
    """None for what is no answer to this. Of a server that speaks NAT-PMP alone only the version is right to read."""
    if not _RESPONSE.size <= len(packet) <= PACKET_BYTES or len(packet) % 4:
        return None
    version, said, result, seconds, epoch = _RESPONSE.unpack_from(packet)
    return Answer(result, seconds, epoch) if version == VERSION and said == opcode | _ANSWER else None


def read_map(packet: bytes, want: Want) -> Mapped | None:
    answer = read(packet, MAP)
    if answer is None or len(packet) < _RESPONSE.size + _MAP.size:
        return None
    nonce, protocol, inside, outside, address = _MAP.unpack_from(packet, _RESPONSE.size)
    if (nonce, protocol, inside) != (want.nonce, want.protocol, want.inside):
        return None
    return Mapped(answer, outside, _text(address))


def has_restarted(before: tuple[int, float], now: tuple[int, float]) -> bool:
    """Whether the router's own clock tells of a restart (RFC 6887, 8.5): each is an epoch and when it was heard, which
    for us is when the child has ended: hence more slack than the two seconds that are meant for the network."""
    theirs, ours = now[0] - before[0], now[1] - before[1]
    if theirs < -1:
        return True
    return ours + _SLACK < theirs - theirs / 16 or theirs + _SLACK < ours - ours / 16


def _packed(address: str) -> bytes:
    parsed = ipaddress.ip_address(address)
    return (ipaddress.IPv6Address(f"::ffff:{address}") if parsed.version == 4 else parsed).packed


def _text(packed: bytes) -> str | None:
    address = ipaddress.IPv6Address(packed)
    shown = address.ipv4_mapped or address
    return None if shown.is_unspecified else str(shown)
