# SPDX-License-Identifier: AGPL-3.0-or-later
"""Request and response as the Net door takes and gives them, and the rules that every form of it shares."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

from appliance import __version__
from appliance.system.guard import NetError, Target, refused

USER_AGENT = f"Hearth/{__version__}"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Limits:
    """`size` in bytes of the answer's body, unpacked; `seconds` in all, redirects included."""

    size: int = 1024 * 1024
    seconds: float = 10.0
    redirects: int = 3


@dataclass(frozen=True)
class Request:
    """`follow` redirects, or hand them back: a signed request must be signed again for another address."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    limits: Limits = Limits()
    follow: bool = True


@dataclass(frozen=True)
class Response:
    """`headers` have lower-case names; `url` is where the answer came from in the end."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def next_hop(request: Request, response: Response) -> Request | None:
    """What a redirect asks for next, or None if the response is the answer. Raises NetError net-refused.

    Headers that prove who we are were meant for the first server and stay behind.
    """
    location = response.headers.get("location")
    if not request.follow or request.method != "GET" or response.status not in _REDIRECTS or not location:
        return None
    if request.limits.redirects == 0:
        raise refused("That server redirects too often.")
    try:
        url = urljoin(request.url, location)
        leaves_https = urlsplit(request.url).scheme == "https" and urlsplit(url).scheme != "https"
    except ValueError:
        raise refused("That server redirects to what is no address.") from None
    if leaves_https:
        raise refused("That server redirects to an address that is not https.")
    kept = {name: value for name, value in request.headers.items() if name.lower() in ("accept", "user-agent")}
    return replace(
        request, url=url, headers=kept, limits=replace(request.limits, redirects=request.limits.redirects - 1)
    )


def request_headers(request: Request, target: Target) -> dict[str, str]:
    """The request's own headers and those that every request has."""
    given = set(map(str.lower, request.headers))
    common = {"Host": target.host_header, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    return {**{name: value for name, value in common.items() if name.lower() not in given}, **request.headers}


def unpack(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo a gzip that was not asked for, never beyond `limit` bytes. Raises NetError."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise NetError("net-failed", "That server answers in a form that is not known here.")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise NetError("net-failed", "That server's answer is damaged.") from None
    if len(plain) > limit:
        raise too_large()
    return plain


def too_large() -> NetError:
    return NetError("net-too-large", "That server's answer is too large.")


def too_slow() -> NetError:
    return NetError("net-timeout", "That server took too long to answer.", status=504)
