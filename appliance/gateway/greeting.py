# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first thing that a visitor says, its TLS greeting, and what of it decides where it goes: the name. Nothing else
is ever looked at."""

import asyncio
from dataclasses import dataclass

from snitun.exceptions import ParseSNIError
from snitun.server.sni import parse_tls_sni

from appliance.gateway.wire import CALL
from appliance.system.relay import Caller

HEADER = 5
MAX_RECORD = 16 * 1024  # RFC 8446, 5.1
SECONDS = 5.0
# Fatal alerts (RFC 8446, 6.2): browsers say something sensible then.
_OFFER = bytes((len(CALL),)) + CALL.encode()
UNKNOWN_NAME = bytes((21, 3, 3, 0, 2, 2, 112))
NOT_NOW = bytes((21, 3, 3, 0, 2, 2, 80))


@dataclass(frozen=True)
class Greeting:
    """`name` is the one asked for, in small letters, "" if it is none. `size` is how long the greeting is.
    `to_gateway`: it is a box that calls, and no visitor of the gateway's own web server."""

    name: str
    size: int
    to_gateway: bool


async def read(caller: Caller) -> Greeting | None:
    """It stays to be read. None: it is none."""
    async with asyncio.timeout(SECONDS):
        header = await caller.peek(HEADER)
        if len(header) < HEADER or header[0] != 22 or header[1] != 3:
            return None
        size = HEADER + int.from_bytes(header[3:5])
        if size > HEADER + MAX_RECORD:
            return None
        greeting = await caller.peek(size)
    if len(greeting) != size:
        return None
    # Wherever it stands: who puts it there on purpose is a caller as well, and has to prove more.
    return Greeting(server_name(greeting) or "", size, _OFFER in greeting)


def server_name(greeting: bytes) -> str | None:
    try:
        name = parse_tls_sni(greeting)
    except (ParseSNIError, IndexError):
        return None
    return name.lower() if name.isascii() and name.isprintable() else None
