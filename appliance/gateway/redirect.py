# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the gateway answers on port 80: that the page is to be asked for by https. Nothing passes through. Pure."""

import re
from collections.abc import Collection

MAX_HEAD = 8192
_REQUEST = re.compile(rb"([A-Z]{3,10}) (/[\x21-\x7e]*) HTTP/1\.[01]")
_HOST = re.compile(rb"(?i)host:[ \t]*([a-z0-9.-]{1,253})(?::80)?[ \t]*")
_HARMLESS = re.compile(rb"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")


def answer(head: bytes, names: Collection[str]) -> bytes:
    """The whole answer to a request's head, which ends with an empty line."""
    first, *lines = head.split(b"\r\n")
    request = _REQUEST.fullmatch(first)
    hosts = [found.group(1) for line in lines if (found := _HOST.fullmatch(line))]
    named = sum(line.lower().startswith(b"host:") for line in lines)
    if request is None or len(hosts) != 1 or named != 1 or not _HARMLESS.fullmatch(request.group(2)):
        return _plain(b"400 Bad Request")
    host = hosts[0].decode().lower().rstrip(".")
    if host not in names:
        return _plain(b"404 Not Found")
    # 308 keeps the method of what would otherwise become GET (RFC 9110, 15.4.9).
    status = b"301 Moved Permanently" if request.group(1) in (b"GET", b"HEAD") else b"308 Permanent Redirect"
    return _plain(status, b"Location: https://" + host.encode() + request.group(2) + b"\r\n")


def _plain(status: bytes, header: bytes = b"") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\n" + header + b"Content-Length: 0\r\nConnection: close\r\n\r\n"
