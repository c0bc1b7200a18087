# SPDX-License-Identifier: AGPL-3.0-or-later
"""In the child: where the router describes itself (UPnP Device Architecture, 1.3). What others than it say, or it of
places elsewhere, is not heard."""

import contextlib
import re
import socket
import time

from appliance.system.router.words import URL

ADDRESS, PORT = "239.255.255.250", 1900
_SECONDS = 2.5
_ANSWERS = 100
_BYTES = 2048
_KINDS = (
    "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
    "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
    "urn:schemas-upnp-org:service:WANIPConnection:1",
    "urn:schemas-upnp-org:service:WANPPPConnection:1",
)
_LOCATION = re.compile(rb"^location:[ \t]*(\S{1,%d})[ \t]*\r?$" % URL, re.IGNORECASE | re.MULTILINE)


def search(own: str, gateway: str, patience: float) -> str | None:
    """The URL of the router's description."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        with contextlib.suppress(OSError):
            asking.bind((own, 0))
            asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
            asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
        # To the router itself as well: some hear only the one, and firewalls let only the other's answers through.
        for place in ((ADDRESS, PORT), (gateway, PORT)):
            for kind in _KINDS:
                with contextlib.suppress(OSError):
                    asking.sendto(_request(kind), place)
        return _listen(asking, gateway, time.monotonic() + _SECONDS * patience)


def is_at(url: str, gateway: str) -> bool:
    """Whether it leads to the gateway whoever reads it, and however."""
    return re.fullmatch(rf"http://{re.escape(gateway)}(:[0-9]{{1,5}})?/[!-~]{{0,{URL}}}", url) is not None


def _listen(asking: socket.socket, gateway: str, until: float) -> str | None:
    for _ in range(_ANSWERS):
        left = until - time.monotonic()
        if left <= 0:
            break
        asking.settimeout(left)
        try:
            data, (sender, *_) = asking.recvfrom(_BYTES)
        except TimeoutError:
            break
        except OSError:  # the gateway closed its port, which the kernel tells us here
            continue
        found = _LOCATION.search(data)
        url = found.group(1).decode(errors="replace") if found else ""
        if sender == gateway and is_at(url, gateway):
            return url
    return None


def _request(kind: str) -> bytes:
    lines = ("M-SEARCH * HTTP/1.1", f"HOST: {ADDRESS}:{PORT}", 'MAN: "ssdp:discover"', "MX: 1", f"ST: {kind}", "", "")
    return "\r\n".join(lines).encode()
