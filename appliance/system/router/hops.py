# SPDX-License-Identifier: AGPL-3.0-or-later
"""In the child: who stands behind the router, towards the internet. A packet that may pass one router only comes to its
end at the next one, which tells so (RFC 792); it never arrives where it seems to be sent to."""

import select
import socket
import struct

# One of the root name servers', which every router knows a way to.
_TOWARDS = ("198.41.0.4", 33434)
_TTL = 2
_SECONDS = 0.7
_TRIES = 3
_IP_RECVERR = 11  # ip(7); Python 3.11 has no name for it
_ICMP, _TIME_EXCEEDED = 2, 11
_ERROR = struct.Struct("=IBBBxII")


def beyond(own: str, gateway: str) -> str | None:
    """The address of the next router behind the gateway, if that says so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((own, 0))
            probe.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, _TTL)
            probe.connect(_TOWARDS)
            for _ in range(_TRIES):
                probe.send(b"")
                told = select.poll()
                told.register(probe, select.POLLERR)
                if told.poll(int(_SECONDS * 1000)):
                    _, errors, _, _ = probe.recvmsg(512, 512, socket.MSG_ERRQUEUE)
                    return next((each for each in map(_teller, errors) if each not in (None, gateway)), None)
        except OSError:
            pass  # no way out at all
    return None


def _teller(error: tuple[int, int, bytes]) -> str | None:
    level, kind, data = error
    if (level, kind) != (socket.IPPROTO_IP, _IP_RECVERR) or len(data) < _ERROR.size + 8:
        return None
    _, origin, icmp, *_ = _ERROR.unpack_from(data)
    family = struct.unpack_from("=H", data, _ERROR.size)[0]
    if (origin, icmp, family) != (_ICMP, _TIME_EXCEEDED, socket.AF_INET):
        return None
    return socket.inet_ntoa(data[_ERROR.size + 4 : _ERROR.size + 8])
