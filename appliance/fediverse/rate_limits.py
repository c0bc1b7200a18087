# SPDX-License-Identifier: AGPL-3.0-or-later
"""How often a token, or an address without one, may ask: https://docs.joinmastodon.org/api/rate-limits/

Counted in memory that the workers share, in fixed windows. This machine itself is never kept waiting: on a box all
others come through the proxy, which says where from.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime

from werkzeug.wrappers import Request

from appliance.system.clock import Clock
from appliance.system.tally import Tally

MINUTE = 60


@dataclass(frozen=True)
class Limit:
    """`often` per `seconds`, for what is called so."""

    name: str
    often: int
    seconds: int


EVERYTHING = Limit("everything", 300, 5 * MINUTE)
MEDIA = Limit("media", 30, 30 * MINUTE)
DELETING = Limit("deleting", 30, 30 * MINUTE)
JOINING = Limit("joining", 5, 30 * MINUTE)
# Tokens that are none: whoever guesses is counted by address.
GUESSING = Limit("guessing", 300, 5 * MINUTE)


@dataclass(frozen=True)
class Standing:
    """What is left of the limit that is nearest, and when it begins anew."""

    limit: int
    left: int
    reset: str
    seconds: int

    def headers(self) -> list[tuple[str, str]]:
        told = [
            ("X-RateLimit-Limit", str(self.limit)),
            ("X-RateLimit-Remaining", str(max(0, self.left))),
            ("X-RateLimit-Reset", self.reset),
        ]
        return told if self.left >= 0 else [*told, ("Retry-After", str(self.seconds))]


class RateLimits:
    """One for all workers, made before the fork."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tally = Tally()
        self._resets: tuple[int, str] = (0, "")

    def take(self, request: Request) -> Standing:
        """Count this request. With nothing left (below 0) it is to be refused."""
        token = bearer(request.headers.get("Authorization", ""))
        return self.count(request.remote_addr or "", token, _special(request))

    def count(self, address: str, token: str, special: Limit | None = None) -> Standing:
        """The same for who asks from there with this token, if any."""
        now = int(self._clock.now().timestamp())
        if _is_here(address):
            return self._standing(EVERYTHING, 0, now)
        who = token
        if token:
            guesses = self._tally.count(hash((GUESSING.name, _household(address))), now // GUESSING.seconds)
            who = "" if guesses >= GUESSING.often else f"token {token}"
        who = who or _household(address)
        found = self._count(EVERYTHING, who, now)
        if special is not None:
            narrower = self._count(special, _household(address) if special is JOINING else who, now)
            found = min(found, narrower, key=lambda standing: standing.left)
        return found

    def note_refused_token(self, address: str) -> None:
        now = int(self._clock.now().timestamp())
        self._tally.add(hash((GUESSING.name, _household(address))), now // GUESSING.seconds)

    def _count(self, limit: Limit, who: str, now: int) -> Standing:
        return self._standing(limit, self._tally.add(hash((limit.name, who)), now // limit.seconds), now)

    def _standing(self, limit: Limit, used: int, now: int) -> Standing:
        end = now - now % limit.seconds + limit.seconds
        if self._resets[0] != end:
            self._resets = (end, datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        return Standing(limit.often, limit.often - used, self._resets[1], end - now)


def _special(request: Request) -> Limit | None:
    if request.method == "GET":
        return None
    path = request.path.rstrip("/")
    if request.method == "POST" and path in ("/api/v1/media", "/api/v2/media"):
        return MEDIA
    if request.method == "POST" and path == "/api/v1/accounts":
        return JOINING
    if path.startswith("/api/v1/statuses/") and (request.method == "DELETE" or path.endswith("/unreblog")):
        return DELETING
    return None


def bearer(given: str) -> str:
    """What is no bearer token is nobody's word, and one token is the same however it is written."""
    return given[7:].strip() if given[:7].lower() == "bearer " else ""


def _is_here(address: str) -> bool:
    return address.startswith("127.") or address in ("", "::1")


def _household(address: str) -> str:
    """Of IPv6 everybody has as many addresses as they like: counted is the network."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
