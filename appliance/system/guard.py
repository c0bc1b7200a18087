# SPDX-License-Identifier: AGPL-3.0-or-later
"""Guard: where a request may go. What strangers make us fetch must not reach the home network (SSRF).

A host is resolved once, every address is judged, and the connection goes to exactly an address that was judged,
so a name that changes its answer in between (DNS rebinding) gains nothing.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, quote, urlsplit

from appliance.errors import HearthError

MAX_URL = 2048
MAX_HOST = 253
HTTPS_PORT = 443
_AS_IT_IS = "%/:?#@!$&'()*+,;=~[]"

Resolve = Callable[[str, int], list[str]]

# Beyond what `is_global` says, which differs between Python versions (IANA special-purpose registries).
_REFUSED_V4 = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' shared addresses, and those of overlay networks
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_UNICAST_V6 = ip_network("2000::/3")  # all else is not routed, or hides an IPv4 address (::ffff:0:0/96, 64:ff9b::/96)
_REFUSED_V6 = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # Teredo and other protocols
            "2001:db8::/32",
            "2002::/16",  # 6to4 hides an IPv4 address
            "3fff::/20",
        ),
    )
)


class NetError(HearthError):
    """A request that could not be made or answered. Keys: net-refused, net-failed, net-timeout, net-too-large."""

    def __init__(self, key: str, sentence: str, *, status: int = 502) -> None:
        super().__init__(key, sentence, "Try again later.", status=status)


def refused(sentence: str) -> NetError:
    return NetError("net-refused", sentence, status=422)


@dataclass(frozen=True)
class Target:
    """A URL that may be asked, taken apart. `host` and `path` are ASCII; `path` has the query and no fragment."""

    https: bool
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        return f"{'https' if self.https else 'http'}://{self.host_header}{self.path}"

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.https else 80) else f"{name}:{self.port}"


def system_resolve(host: str, port: int) -> list[str]:
    """All addresses of a host by the system's resolver. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve_by_version(version: int) -> Resolve:
    """As `system_resolve`, but addresses of IPv4 or of IPv6 alone, so that a request comes from ours of that kind."""
    family = {4: socket.AF_INET, 6: socket.AF_INET6}[version]

    def resolve(host: str, port: int) -> list[str]:
        found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    return resolve


def is_global(address: str) -> bool:
    """Whether an address is one of the public internet's, without any doubt."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return parsed.is_global and not any(parsed in network for network in _REFUSED_V4)
    return (
        parsed in _UNICAST_V6
        and parsed.is_global
        and parsed.scope_id is None
        and not any(parsed in network for network in _REFUSED_V6)
    )


def is_loopback(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return parsed.is_loopback and not (isinstance(parsed, IPv6Address) and parsed.ipv4_mapped)


class Guard:
    """HTTPS on port 443 of public addresses; in development also any port, and plain HTTP to loopback alone."""

    def __init__(self, *, development: bool = False, resolve: Resolve = system_resolve) -> None:
        self._development = development
        self._resolve = resolve

    def target(self, url: str) -> Target:
        """Take a URL apart. Raises NetError net-refused if it must not be asked whatever it resolves to."""
        if len(url) > MAX_URL or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url) or "\\" in url:
            raise refused("This is not an address that can be asked.")
        try:
            parts = urlsplit(url)
            port = parts.port
            name = (parts.hostname or "").rstrip(".")
            # Looked at first: to spell a very long name in ASCII takes long.
            host = name.encode("idna").decode() if len(name) <= MAX_HOST else ""
        except (ValueError, UnicodeError):
            raise refused("This is not an address that can be asked.") from None
        if parts.scheme != "https" and not (parts.scheme == "http" and self._development):
            raise refused("Only https addresses are asked.")
        if not host or parts.username is not None or parts.password is not None:
            raise refused("This is not an address that can be asked.")
        https = parts.scheme == "https"
        port = port if port is not None else (HTTPS_PORT if https else 80)
        if port == 0 or (port != HTTPS_PORT and not self._development):
            raise refused("Only the usual port of https is asked.")
        target = Target(https, host, port, _path(parts))
        if _is_literal(host):
            self.judge(target, [host])
        return target

    def addresses(self, target: Target) -> list[str]:
        """Resolve once; the addresses to connect to. Raises NetError net-refused, net-failed."""
        if _is_literal(target.host):
            return [target.host]
        try:
            found = self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            raise NetError("net-failed", f"There is no server called {target.host}.") from None
        return self.judge(target, found)

    def judge(self, target: Target, addresses: list[str]) -> list[str]:
        """One bad address spoils a host: an honest one has none. Raises NetError net-refused."""
        permitted = is_global if target.https else is_loopback
        if not addresses or not all(permitted(address) for address in addresses):
            raise refused(f"{target.host} is not a server of the public internet.")
        return addresses


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _path(parts: SplitResult) -> str:
    """Path and query exactly as they are sent, since they are signed too."""
    return quote(parts.path or "/", _AS_IT_IS) + (f"?{quote(parts.query, _AS_IT_IS)}" if parts.query else "")
