# SPDX-License-Identifier: AGPL-3.0-or-later
"""Wi-Fi: the door to the radio. Which networks are near, joining one, and a hotspot of our own where there is none."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from appliance.errors import BadInput
from appliance.secret import Secret

# The box in its own hotspot; image/overlay tells firewall and name server the same.
HOTSPOT_ADDRESS = "10.42.0.1"
HOTSPOT_PREFIX = 24


@dataclass(frozen=True)
class WifiNetwork:
    """Without a password the network is open to everybody. `hidden`: it does not tell its name to who does not ask."""

    ssid: str
    country: str
    password: Secret | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Nearby:
    """A network that can be joined. `strength` is 0 to 100."""

    ssid: str
    strength: int
    locked: bool


@dataclass(frozen=True)
class Seen:
    """`cable`: one is plugged in at both ends; `connected`: to which network; `known`: names of remembered ones;
    `nearby`: strongest first, empty while the radio makes a hotspot."""

    radio: bool
    cable: bool
    connected: str | None = None
    hotspot: bool = False
    known: tuple[str, ...] = ()
    nearby: tuple[Nearby, ...] = ()


# While NetworkManager has not said anything yet.
UNSEEN = Seen(radio=False, cable=True)


class Outcome(Enum):
    JOINED = "joined"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 - a word, no password
    NOT_REACHED = "not-reached"


class Wifi(Protocol):
    """Everything here raises HearthError."""

    def look(self) -> Seen: ...

    def scan(self) -> None:
        """Look around anew; what is found is seen some seconds later."""
        ...

    def join(self, network: WifiNetwork) -> None:
        """Remember it instead of one of the same name, and join it whenever it is there. Raises BadInput bad-wifi."""
        ...

    def attempt(self, network: WifiNetwork, timeout: float) -> Outcome:
        """End the hotspot and join this one now; remember it only if that works within `timeout` seconds."""
        ...

    def forget(self, ssid: str) -> None:
        """Raises BadInput no-such-wifi."""
        ...

    def open_hotspot(self, name: str) -> None:
        """A network of our own, open to everybody, with us as HOTSPOT_ADDRESS."""
        ...

    def close_hotspot(self) -> None: ...

    def obey(self, country: str) -> None:
        """Keep to this country's rules; the kernel forgets them at every start."""
        ...


def check(network: WifiNetwork) -> None:
    """IEEE 802.11: up to 32 bytes of name; a WPA passphrase of 8 to 63 ASCII characters, or 64 hex digits; ISO 3166
    countries. Raises BadInput bad-wifi, bad-wifi-password, bad-country."""
    if not 1 <= len(network.ssid.encode()) <= 32 or not network.ssid.isprintable():
        raise BadInput(
            "The name of a Wi-Fi has 1 to 32 characters.", "Look at how the router calls it.", key="bad-wifi"
        )
    if network.password is not None and not re.fullmatch(r"[ -~]{8,63}|[0-9a-fA-F]{64}", network.password.reveal()):
        raise BadInput(
            "The password of a Wi-Fi has 8 to 63 letters, digits and signs, without accents.",
            "Look at the label of the router.",
            key="bad-wifi-password",
        )
    if not re.fullmatch(r"[A-Z]{2}", network.country):
        raise BadInput("The country of the Wi-Fi is two capital letters.", "For example DE or GB.", key="bad-country")
