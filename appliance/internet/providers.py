# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who can be told the box's addresses: what a person calls them, what they ask for, and how ddclient speaks to them."""

from dataclasses import dataclass
from enum import Enum

RFC2136 = "rfc2136"


class Asks(Enum):
    """What a provider may ask for beside the secret."""

    LOGIN = "login"
    ZONE = "zone"
    SERVER = "server"


@dataclass(frozen=True)
class Provider:
    """`word` is what the secret is called there; `protocol`, `server` and `script` are ddclient's. `lends`: names below
    its own domains, which stay its own; else it looks after a domain of the owner's. `ipv6`: takes both kinds of
    address."""

    key: str
    label: str
    protocol: str
    word: str = "Password"
    asks: tuple[Asks, ...] = ()
    server: str = ""
    script: str = ""
    lends: bool = False
    ipv6: bool = False

    def host(self, name: str) -> str:
        """As the provider calls the name."""
        return name.removesuffix(".duckdns.org") if self.protocol == "duckdns" else name


PROVIDERS: tuple[Provider, ...] = (
    Provider("desec", "deSEC (dedyn.io)", "dyndns2", "Token", (Asks.LOGIN,), "update.dedyn.io", "/", lends=True),
    Provider("duckdns", "Duck DNS", "duckdns", "Token", lends=True),
    Provider("dynv6", "dynv6", "dyndns2", "Token", (Asks.LOGIN,), "dynv6.com", lends=True),
    Provider("dynu", "Dynu", "dyndns2", "Password", (Asks.LOGIN,), "api.dynu.com", lends=True),
    Provider("freedns", "FreeDNS (afraid.org)", "freedns", "Password", (Asks.LOGIN,), lends=True, ipv6=True),
    Provider("noip", "No-IP", "noip", "Password", (Asks.LOGIN,), lends=True),
    Provider("cloudflare", "Cloudflare", "cloudflare", "API token", (Asks.ZONE,), ipv6=True),
    Provider("gandi", "Gandi", "gandi", "API key", (Asks.ZONE,), ipv6=True),
    Provider("godaddy", "GoDaddy", "godaddy", "Secret of the key", (Asks.LOGIN, Asks.ZONE), ipv6=True),
    Provider("he", "Hurricane Electric", "dyndns2", "Key of the record", (Asks.LOGIN,), "dyn.dns.he.net"),
    Provider("hetzner", "Hetzner DNS", "hetzner", "API token", (Asks.ZONE,), ipv6=True),
    Provider("inwx", "INWX", "dyndns2", "Password", (Asks.LOGIN,), "dyndns.inwx.com"),
    Provider("namecheap", "Namecheap", "namecheap", "Dynamic DNS password", (Asks.ZONE,)),
    Provider("ovh", "OVH", "ovh", "Password", (Asks.LOGIN,)),
    Provider("strato", "Strato", "dyndns2", "Password", (Asks.LOGIN,), "dyndns.strato.com"),
    Provider("other", "Another one that speaks dyndns2", "dyndns2", "Password", (Asks.LOGIN, Asks.SERVER)),
    Provider(RFC2136, "A name server of your own (RFC 2136)", "", "Key (TSIG)", tuple(Asks), ipv6=True),
)


def find(key: str) -> Provider | None:
    return next((each for each in PROVIDERS if each.key == key), None)
