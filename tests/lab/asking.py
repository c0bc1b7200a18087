# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking a router for ports in a few bytes: NAT-PMP (RFC 6886), PCP (RFC 6887) for IPv6, UPnP."""

import os
import socket
import struct

from tests.lab.probes import asked_by_https
from tests.lab.spaces import Namespace

_PORT = 5351
_TCP, _UDP = 6, 17


def ask_for(who: Namespace, router: str, inside: int, outside: int, *, seconds: int = 7200, udp: bool = False) -> int:
    """Have the router lead a port of its outside here; the one that it chose. None of it: AssertionError."""
    answer = _asked(who, router, struct.pack("!BBHHHI", 0, 1 if udp else 2, 0, inside, outside, seconds))
    code, chosen = struct.unpack_from("!H", answer, 2)[0], struct.unpack_from("!H", answer, 10)[0]
    assert code == 0, f"the router's result code is {code}"
    return int(chosen)


def ask_for_pinhole(who: Namespace, router: str, port: int, *, seconds: int = 7200, udp: bool = False) -> None:
    """Have the router let in what comes to this port by IPv6."""
    assert who.address6 is not None
    head = struct.pack("!BBHI", 2, 1, 0, seconds) + socket.inet_pton(socket.AF_INET6, who.address6)
    mapping = os.urandom(12) + struct.pack("!B3xHH", _UDP if udp else _TCP, port, port) + bytes(16)
    answer = _asked(who, router, head + mapping)
    assert answer[3] == 0, f"the router's result code is {answer[3]}"


def give_back(who: Namespace, router: str, outside: int, *, udp: bool = False) -> None:
    """Have the router lead a port here no longer (WANIPConnection:1, DeletePortMapping)."""
    action, kind = "DeletePortMapping", "urn:schemas-upnp-org:service:WANIPConnection:1"
    said = {"NewRemoteHost": "", "NewExternalPort": outside, "NewProtocol": "UDP" if udp else "TCP"}
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
    body = (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<s:Body><u:{action} xmlns:u="{kind}">{inner}</u:{action}></s:Body></s:Envelope>'
    )
    headers = {"SOAPAction": f'"{kind}#{action}"', "Content-Type": "text/xml"}
    status, answer = asked_by_https(
        who, router, f"{router}:5000", None, "POST", "/ctl/IPConn", body.encode(), headers, port=5000
    )
    assert status == 200, answer


def _asked(who: Namespace, router: str, message: bytes) -> bytes:
    family = socket.AF_INET6 if ":" in router else socket.AF_INET
    with who.inside(), socket.socket(family, socket.SOCK_DGRAM) as line:
        line.settimeout(2)
        line.connect((router, _PORT))
        for _ in range(3):
            line.send(message)
            try:
                return line.recv(1100)
            except (TimeoutError, ConnectionRefusedError):
                continue
    raise AssertionError("the router does not answer")
