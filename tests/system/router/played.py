# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routers played on the loopback interface, good and hostile: SSDP and UPnP, PCP and NAT-PMP, each at an address of
127.0.0.0/8 that no other test has."""

import contextlib
import itertools
import os
import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

_NUMBERS = itertools.count(1)
OWN = "127.0.0.1"
OUTSIDE = "203.0.113.7"
_SERVICE = "urn:schemas-upnp-org:service:WANIPConnection:1"
# How much a test ever sends, should nobody stop it.
MOST = 512 * 2**20

DESCRIPTION = """<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0">{base}<device>
<deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType><deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType><serviceList><service>
<serviceType>{service}</serviceType><controlURL>{control}</controlURL><SCPDURL>/scpd</SCPDURL>
</service></serviceList></device></deviceList></device></deviceList></device></root>"""


def description(control: str = "/control", base: str = "") -> bytes:
    return DESCRIPTION.format(service=_SERVICE, control=control, base=base).encode()


def http(body: bytes, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def soap(action: str, values: dict[str, str]) -> bytes:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return http(
        f'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<u:{action}Response xmlns:u="{_SERVICE}">{inner}</u:{action}Response></s:Body></s:Envelope>'.encode(
            errors="surrogateescape"
        )
    )


def fault(code: int) -> bytes:
    return http(
        b'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        b"<faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError"
        b' xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>%d</errorCode></UPnPError></detail></s:Fault></s:Body>'
        b"</s:Envelope>" % code,
        "500 Internal Server Error",
    )


@dataclass
class Igd:
    """The UPnP side. `answer` may take over a connection: it is given the request, and its answer is sent as it is."""

    outside: str = OUTSIDE
    permanent_only: bool = False
    lies: bool = False
    refuses: bool = False
    mappings: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)

    def answer(self, request: str) -> bytes:
        if request.startswith("GET"):
            return http(description())
        action = re.search(r'SOAPAction: "[^#]*#(\w+)"', request, re.IGNORECASE)[1]
        values = dict(re.findall(r"<(New\w+)>([^<]*)</", request))
        key = values.get("NewProtocol", ""), values.get("NewExternalPort", "")
        self.actions.append(action)
        if action == "GetExternalIPAddress":
            return soap(action, {"NewExternalIPAddress": self.outside})
        if action == "GetSpecificPortMappingEntry":
            return soap(action, self.mappings[key]) if key in self.mappings else fault(714)
        if action == "AddPortMapping":
            return self._add(key, values)
        if action == "DeletePortMapping":
            return soap(action, {}) if self.mappings.pop(key, None) else fault(714)
        return fault(713 if action == "GetGenericPortMappingEntry" else 401)

    def _add(self, key: tuple[str, str], values: dict[str, str]) -> bytes:
        if self.permanent_only and values["NewLeaseDuration"] != "0":
            return fault(725)
        if self.refuses:
            return fault(606)
        there = self.mappings.get(key)
        if there is not None and there["NewInternalClient"] != values["NewInternalClient"]:
            return fault(718)
        if not self.lies:
            self.hold(*key, values["NewInternalClient"], values["NewInternalPort"], values["NewLeaseDuration"])
            self.mappings[key]["NewPortMappingDescription"] = values["NewPortMappingDescription"]
        return soap("AddPortMapping", {})

    def hold(self, protocol: str, outside: str, host: str, inside: str, lease: str = "0", words: str = "") -> None:
        self.mappings[protocol, outside] = {
            "NewInternalPort": inside,
            "NewInternalClient": host,
            "NewEnabled": "1",
            "NewPortMappingDescription": words,
            "NewLeaseDuration": lease,
        }


class Played:
    """`upnp` answers HTTP requests, `location` is what is told of where; `packets` answers to port 5351."""

    def __init__(
        self,
        upnp: Callable[[str], bytes] | Callable[[str, socket.socket], None] | None = None,
        packets: Callable[[bytes], list[bytes]] | None = None,
        location: str = "http://{at}/description.xml",
    ) -> None:
        self.address = f"127.{os.getpid() >> 8 & 127 | 64}.{os.getpid() & 255}.{next(_NUMBERS) % 250 + 2}"
        self.sent = 0
        self.requests = 0
        self.last: tuple[str, int] = ("", 0)
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._end = threading.Event()
        if upnp is not None:
            listener = socket.create_server((self.address, 0))
            self.place = f"{self.address}:{listener.getsockname()[1]}"
            self._serve(listener, lambda: self._web(listener, upnp))
            self._udp(
                1900, lambda data: [f"HTTP/1.1 200 OK\r\nLOCATION: {location.format(at=self.place)}\r\n\r\n".encode()]
            )
        if packets is not None:
            self._udp(5351, packets)

    def __enter__(self) -> "Played":
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)

    def endless(self, line: socket.socket, piece: bytes) -> None:
        """Until the other end has had enough, which is what is tested."""
        while self.sent < MOST and not self._end.is_set():
            line.sendall(piece)
            self.sent += len(piece)

    def wait(self, seconds: float) -> None:
        self._end.wait(seconds)

    def _udp(self, port: int, answer: Callable[[bytes], list[bytes]]) -> None:
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        line.bind((self.address, port))
        self._serve(line, lambda: self._datagrams(line, answer))

    def _serve(self, line: socket.socket, work: Callable[[], None]) -> None:
        line.settimeout(0.05)
        self._open.append(line)
        self._threads.append(threading.Thread(target=work, daemon=True))
        self._threads[-1].start()

    def _datagrams(self, line: socket.socket, answer: Callable[[bytes], list[bytes]]) -> None:
        while not self._end.is_set():
            with contextlib.suppress(OSError):
                data, sender = line.recvfrom(2048)
                self.requests, self.last = self.requests + 1, sender
                for each in answer(data):
                    line.sendto(each, sender)

    def _web(self, listener: socket.socket, answer: Callable[..., bytes | None]) -> None:
        while not self._end.is_set():
            with contextlib.suppress(OSError):
                line, _ = listener.accept()
                self._open.append(line)
                line.settimeout(5)
                self.requests += 1
                with line, contextlib.suppress(OSError):
                    self._answer(line, answer)

    def _answer(self, line: socket.socket, answer: Callable[..., bytes | None]) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            piece = line.recv(4096)
            if not piece:
                return
            request += piece
        length = re.search(rb"content-length: (\d+)", request, re.IGNORECASE)
        while length and len(request.partition(b"\r\n\r\n")[2]) < int(length[1]):
            request += line.recv(4096)
        text = request.decode()
        takes_over = getattr(answer, "takes_over", False)
        said = answer(text, line) if takes_over else answer(text)
        if said is not None:
            line.sendall(said)


def takes_over(work: Callable[[str, socket.socket], None]) -> Callable[[str, socket.socket], None]:
    """One that is given the connection itself."""
    work.takes_over = True  # type: ignore[attr-defined]
    return work


def nat_pmp_speaker(
    outside: str = OUTSIDE, result: int = 0, shift: int = 0, epoch: Callable[[], float] = lambda: 100.0
) -> Callable[[bytes], list[bytes]]:
    """An honest router that speaks NAT-PMP alone. `shift`: it gives another port than was asked for."""
    address = socket.inet_aton(outside)

    def answer(data: bytes) -> list[bytes]:
        if data[0] != 0:
            return [struct.pack("!BBHI", 0, 128 + data[1], 1, 100)]
        if data[1] == 0:
            return [struct.pack("!BBHI4s", 0, 128, result, int(epoch()), address)]
        inside, wanted, seconds = struct.unpack_from("!HHI", data, 4)
        return [
            struct.pack(
                "!BBHIHHI", 0, 128 + data[1], result, int(epoch()), inside, wanted + shift if seconds else 0, seconds
            )
        ]

    return answer


def pcp_speaker(**change: object) -> Callable[[bytes], list[bytes]]:
    """An honest router that speaks PCP alone, but for what is changed: result, epoch, nonce, port, address, cut."""
    epoch = change.get("epoch", lambda: 100.0)

    def answer(data: bytes) -> list[bytes]:
        if data[0] != 2:
            return [struct.pack("!BBHI", 2, 128, 1, 0) + bytes(16)]
        opcode, seconds = data[1], struct.unpack_from("!I", data, 4)[0]
        result = int(change.get("result", 0)) if opcode else 0  # type: ignore[call-overload]
        head = struct.pack("!BBxBII12x", 2, 128 + opcode, result, seconds, int(epoch()))  # type: ignore[operator]
        if not opcode:
            return [head]
        nonce, protocol, inside, wanted = struct.unpack_from("!12sB3xHH", data, 24)
        address = socket.inet_pton(socket.AF_INET6, f"::ffff:{change.get('address', OUTSIDE)}")
        body = struct.pack("!12sB3xHH", change.get("nonce", nonce), protocol, inside, change.get("port", wanted))
        return [(head + body + address)[: change.get("cut")]]  # type: ignore[misc]

    return answer
