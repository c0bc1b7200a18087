# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hears that the router was started again or says good-bye: then it has forgotten the ports.

Routers announce themselves to their whole network, by SSDP (UPnP Device Architecture, 1.2) and by PCP and NAT-PMP (RFC
6887, 14.1; RFC 6886, 3.2.1). Nothing that is heard is believed, or read but for two words: it makes the box look sooner
than it would anyway, and not too often.
"""

import contextlib
import select
import socket
from collections.abc import Iterator
from typing import Protocol

from appliance.internet.model import Link
from appliance.system.clock import Clock
from appliance.system.interfaces import Interfaces

_SSDP, _PCP = ("239.255.255.250", 1900), ("224.0.0.1", 5350)
_IP_MULTICAST_ALL = 49  # ip(7); Python has no name for it
_BYTES = 1024
# How often to see whether the network is another one, and how often at most to tell.
_LISTEN_SECONDS = 15.0
_REST_SECONDS = 10.0


class Announcements(Protocol):
    def wait(self) -> None:
        """Until the router may have been started again."""
        ...


class SystemAnnouncements:
    def __init__(self, interfaces: Interfaces, clock: Clock) -> None:
        self._interfaces = interfaces
        self._clock = clock
        self._boot: bytes | None = None
        self._told: float | None = None

    def wait(self) -> None:
        if self._told is not None:
            self._clock.sleep(max(0.0, self._told + _REST_SECONDS - self._clock.monotonic()))
        while not self._hears_news(self._interfaces.link()):
            pass
        self._told = self._clock.monotonic()

    def _hears_news(self, link: Link) -> bool:
        """False when the network has become another one."""
        with _ears(link) as ears:
            while self._interfaces.link() == link:
                heard, _, _ = select.select(ears, (), (), _LISTEN_SECONDS)
                for ear in heard:
                    data, (sender, *_) = ear.recvfrom(_BYTES)
                    if sender == link.gateway and self._is_news(data):
                        return True
        return False

    def _is_news(self, data: bytes) -> bool:
        words = data.lower()
        if not words.startswith(b"notify "):
            # By PCP and NAT-PMP, a router speaks to all only when it has lost what it knew. Searches come here as well.
            return not words.startswith((b"m-search ", b"http/"))
        if b"ssdp:byebye" in words:
            return True
        # Each start has another number, where the router is not too old to say it.
        boot = words.partition(b"bootid.upnp.org:")[2][:16].partition(b"\r")[0].strip() or None
        before, self._boot = self._boot, boot or self._boot
        return before is not None and boot is not None and boot != before


@contextlib.contextmanager
def _ears(link: Link) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as kept:
        ears = []
        for group, port in (_SSDP, _PCP) if link.carrier and link.address else ():
            with contextlib.suppress(OSError):  # on the way to another network, or somebody has that port alone
                ear = kept.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                # The kernel's default hands on what any program joined.
                ear.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
                membership = socket.inet_aton(group) + socket.inet_aton(link.address or "")
                ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
                ear.bind((group, port))
                ears.append(ear)
        yield ears
