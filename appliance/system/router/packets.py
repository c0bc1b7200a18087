# SPDX-License-Identifier: AGPL-3.0-or-later
"""In the child: asks for ports by PCP and NAT-PMP, each one packet there and one back."""

import contextlib
import socket
import time
from collections.abc import Callable
from typing import TypeVar

from appliance.internet.model import Port, PortControl, Protocol
from appliance.system.router import nat_pmp, pcp
from appliance.system.router.words import Answer, Question, Trouble, Verb, is_address

# How long to wait after each try. A router is near: whoever does not answer in these does not speak it.
_WAITS = (0.25, 0.5, 1.0)
_PACKETS = 50  # looked at per try, right ones or not
_LONGEST = 24 * 3600
_NUMBERS = {Protocol.TCP: 6, Protocol.UDP: 17}
T = TypeVar("T")


def by_pcp(question: Question) -> Answer:
    """Without a `control` where the router does not speak it."""
    if question.verb is Verb.LOOK:
        packet = pcp.announce(question.own)
        told = _exchange(question, packet, lambda data: pcp.read(data, pcp.ANNOUNCE))
        # One that knows no ANNOUNCE says so in PCP.
        speaks = told is not None and told.result in (pcp.Result.SUCCESS, pcp.Result.UNSUPPORTED_OPCODE)
        if told is None or not speaks:
            return Answer()
        # Most also answer the one question that PCP has no words for.
        heard, outside = time.monotonic(), by_nat_pmp(question).outside
        return Answer(PortControl.PCP, outside=outside, epoch=told.epoch + int(time.monotonic() - heard))
    if question.verb is Verb.CLOSE:
        for port in question.ports:
            _map(question, _want(question, port), only_this_port=False)
        return Answer(PortControl.PCP)
    wanted = _want(question, question.ports[0])
    mapped = _map(question, wanted, only_this_port=True)
    if mapped is not None and mapped.answer.result == pcp.Result.UNSUPPORTED_OPTION:
        mapped = _map(question, wanted, only_this_port=False)
    if mapped is None:
        return Answer(trouble=Trouble.SILENT)
    result, epoch = mapped.answer.result, mapped.answer.epoch
    if result != pcp.Result.SUCCESS:
        trouble = Trouble.TAKEN if result == pcp.Result.CANNOT_PROVIDE_EXTERNAL else Trouble.REFUSED
        return Answer(PortControl.PCP, trouble, _reason(result), epoch=epoch)
    if mapped.outside != wanted.outside:
        _map(question, _want(question, question.ports[0], seconds=0), only_this_port=False)
        return Answer(PortControl.PCP, Trouble.TAKEN, epoch=epoch)
    return Answer(
        PortControl.PCP, outside=_sensible(mapped.address), epoch=epoch, lease=min(mapped.answer.seconds, _LONGEST)
    )


def by_nat_pmp(question: Question) -> Answer:
    if question.verb is Verb.LOOK:
        told = _exchange(question, nat_pmp.ask_address(), nat_pmp.read_address)
        if told is None or told.result not in (nat_pmp.SUCCESS, nat_pmp.NOT_AUTHORIZED):
            return Answer()
        return Answer(PortControl.NAT_PMP, outside=_sensible(told.address), epoch=told.epoch)
    if question.verb is Verb.CLOSE:
        for port in question.ports:
            _map_by_nat_pmp(question, port, 0)
        return Answer(PortControl.NAT_PMP)
    port = question.ports[0]
    mapped = _map_by_nat_pmp(question, port, question.seconds)
    if mapped is None:
        return Answer(trouble=Trouble.SILENT)
    if mapped.result != nat_pmp.SUCCESS:
        return Answer(PortControl.NAT_PMP, Trouble.REFUSED, f"NAT-PMP {mapped.result}", epoch=mapped.epoch)
    if mapped.outside != port.outside:
        _map_by_nat_pmp(question, port, 0)
        return Answer(PortControl.NAT_PMP, Trouble.TAKEN, epoch=mapped.epoch)
    return Answer(PortControl.NAT_PMP, epoch=mapped.epoch, lease=min(mapped.seconds, _LONGEST))


def _map(question: Question, want: pcp.Want, *, only_this_port: bool) -> pcp.Mapped | None:
    packet = pcp.ask(want, only_this_port=only_this_port)
    return _exchange(question, packet, lambda data: pcp.read_map(data, want))


def _map_by_nat_pmp(question: Question, port: Port, seconds: int) -> nat_pmp.Mapped | None:
    number = _NUMBERS[port.protocol]
    packet = nat_pmp.ask(number, port.inside, port.outside, seconds)
    return _exchange(question, packet, lambda data: nat_pmp.read_map(data, number, port.inside))


def _want(question: Question, port: Port, *, seconds: int | None = None) -> pcp.Want:
    lease = question.seconds if seconds is None else seconds
    number, nonce = _NUMBERS[port.protocol], bytes.fromhex(question.nonce)
    return pcp.Want(question.own, number, port.inside, port.outside, lease, nonce)


def _exchange(question: Question, packet: bytes, read: Callable[[bytes], T | None]) -> T | None:
    """The first answer that can be read. A connected socket hears nobody but the gateway."""
    (family, kind, _, _, gateway), *_ = socket.getaddrinfo(
        question.gateway, nat_pmp.PORT, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )
    with socket.socket(family, kind) as asking, contextlib.suppress(OSError):
        asking.bind((question.own, 0))
        asking.connect(gateway)
        for wait in _WAITS:
            asking.send(packet)
            until = time.monotonic() + wait * question.patience
            for _ in range(_PACKETS):
                data = _receive(asking, until)
                if data is None:
                    break
                answer = read(data)
                if answer is not None:
                    return answer
                if data[:1] == bytes(1) and packet[0] == pcp.VERSION:
                    return None  # "speak NAT-PMP to me" (RFC 6887, 9)
    return None


def _receive(asking: socket.socket, until: float) -> bytes | None:
    left = until - time.monotonic()
    if left <= 0:
        return None
    asking.settimeout(left)
    try:
        return asking.recv(pcp.PACKET_BYTES + 1)
    except TimeoutError:
        return None


def _sensible(address: str | None) -> str | None:
    return address if address is not None and is_address(address) else None


def _reason(result: int) -> str:
    try:
        return f"PCP {pcp.Result(result).name.replace('_', ' ').lower()}"
    except ValueError:
        return f"PCP {result}"
