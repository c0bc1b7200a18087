# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first thing that a visitor says, its TLS greeting, and what of it decides where it goes: the name. Nothing else
is ever looked at."""

import asyncio

from snitun.exceptions import ParseSNIError
from snitun.server.sni import parse_tls_sni

from appliance.system.relay import Caller

HEADER = 5
MAX_RECORD = 16 * 1024  # RFC 8446, 5.1
SECONDS = 5.0
# Fatal alerts (RFC 8446, 6.2): browsers say something sensible then.
UNKNOWN_NAME = bytes((21, 3, 3, 0, 2, 2, 112))
NOT_NOW = bytes((21, 3, 3, 0, 2, 2, 80))


async def read(caller: Caller) -> tuple[str, int] | None:
    """The name asked for, in small letters, and the greeting's length; it stays to be read. None: it is none."""
    async with asyncio.timeout(SECONDS):
        header = await caller.peek(HEADER)
        if len(header) < HEADER or header[0] != 22 or header[1] != 3:
            return None
        size = HEADER + int.from_bytes(header[3:5])
        if size > HEADER + MAX_RECORD:
            return None
        greeting = await caller.peek(size)
    name = server_name(greeting) if len(greeting) == size else None
    return None if name is None else (name, size)


def server_name(greeting: bytes) -> str | None:
    try:
        name = parse_tls_sni(greeting)
    except (ParseSNIError, IndexError):
        return None
    return name.lower() if name.isascii() and name.isprintable() else None
