# SPDX-License-Identifier: AGPL-3.0-or-later
"""NAT-PMP's packets (RFC 6886)."""

import ipaddress
import struct
from dataclasses import dataclass

PORT = 5351
SUCCESS, NOT_AUTHORIZED = 0, 2
_VERSION, _ADDRESS = 0, 0
_ANSWER = 0x80
_OPCODES = {17: 1, 6: 2}  # of IP's protocol numbers
_MAP = struct.Struct("!BBxxHHI")
_MAPPED = struct.Struct("!BBHIHHI")
_TOLD = struct.Struct("!BBHI4s")


@dataclass(frozen=True)
class Told:
    result: int
    epoch: int
    address: str | None


@dataclass(frozen=True)
class Mapped:
    result: int
    epoch: int
    outside: int = 0
    seconds: int = 0


def ask_address() -> bytes:
    return bytes((_VERSION, _ADDRESS))


def ask(protocol: int, inside: int, outside: int, seconds: int) -> bytes:
    """A lease of 0 seconds deletes, and then no port outside is named (RFC 6886, 3.4)."""
    return _MAP.pack(_VERSION, _OPCODES[protocol], inside, outside if seconds else 0, seconds)


def read_address(packet: bytes) -> Told | None:
    """None for what is no answer to this. Failures may come shorter."""
    head = _read_head(packet, _ADDRESS)
    if head is None:
        return None
    if head[0] != SUCCESS:
        return Told(*head, None)
    if len(packet) != _TOLD.size:
        return None
    address = ipaddress.IPv4Address(packet[-4:])
    return Told(*head, None if address.is_unspecified else str(address))


def read_map(packet: bytes, protocol: int, inside: int) -> Mapped | None:
    head = _read_head(packet, _OPCODES[protocol])
    if head is None:
        return None
    if head[0] != SUCCESS:
        return Mapped(*head)
    if len(packet) != _MAPPED.size:
        return None
    *_, said, outside, seconds = _MAPPED.unpack(packet)
    return Mapped(*head, outside, seconds) if said == inside else None


def _read_head(packet: bytes, opcode: int) -> tuple[int, int] | None:
    if len(packet) < 8:
        return None
    version, said, result, epoch = struct.unpack_from("!BBHI", packet)
    return (result, epoch) if (version, said) == (_VERSION, opcode | _ANSWER) else None
