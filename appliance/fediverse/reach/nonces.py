# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nonces: numbers used once, by which a try from outside is known; and which of them really came."""

import hashlib
import ipaddress
import re
import secrets
import threading
from dataclasses import dataclass, field

from appliance.system.clock import Clock

HERE = "/.well-known/hearth/here/"
SECONDS = 60.0  # for which one is waited for
MOST = 64
_FORM = re.compile(r"[0-9a-f]{32}")


def is_one(text: str) -> bool:
    return _FORM.fullmatch(text) is not None


def proof(nonce: str) -> str:
    """What only who knows the nonce's meaning answers: not whoever throws back what it was asked."""
    return hashlib.sha256(f"hearth {nonce}".encode("ascii")).hexdigest()


@dataclass
class _Waiting:
    until: float
    version: int
    came: set[str] = field(default_factory=set)


class Nonces:
    """Those that this server waits for, each by one IP version, and by which schemes they came. Used by several
    threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[str, _Waiting] = {}

    def make(self, version: int) -> str:
        nonce = secrets.token_hex(16)
        with self._lock:
            now = self._clock.monotonic()
            self._waiting = {each: kept for each, kept in self._waiting.items() if kept.until > now}
            while len(self._waiting) >= MOST:
                del self._waiting[next(iter(self._waiting))]
            self._waiting[nonce] = _Waiting(now + SECONDS, version)
        return nonce

    def meet(self, nonce: str, scheme: str, address: str) -> str | None:
        """Somebody came with it from there: the proof to answer, None if it is not waited for."""
        with self._lock:
            kept = self._waiting.get(nonce)
            if kept is None or kept.until <= self._clock.monotonic():
                return None
            if _version(address) == kept.version:
                kept.came.add(scheme)
        return proof(nonce)

    def came(self, nonce: str) -> frozenset[str]:
        with self._lock:
            kept = self._waiting.get(nonce)
            return frozenset(kept.came) if kept else frozenset()


def _version(address: str) -> int:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return 0
    return 4 if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped else parsed.version
