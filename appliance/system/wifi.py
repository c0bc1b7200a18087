# SPDX-License-Identifier: AGPL-3.0-or-later
"""Wi-Fi: join a network at home, by NetworkManager's nmcli(1); and the country whose radio rules hold, by iw(8)."""

import logging
import re
from typing import Protocol

from appliance.errors import BadInput, HearthError
from appliance.secret import Secret
from appliance.system.runner import Runner

_NAME = "hearth-wifi"

log = logging.getLogger(__name__)


class Wifi(Protocol):
    def join(self, ssid: str, password: Secret | None, country: str) -> None:
        """Remember this network instead of the one before, and join it whenever it is there. Raises HearthError."""
        ...

    def obey(self, country: str) -> None:
        """Keep to this country's rules; the kernel forgets them at every start."""
        ...


class NetworkManagerWifi:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def join(self, ssid: str, password: Secret | None, country: str) -> None:
        check(ssid, password, country)
        self.obey(country)
        self._runner.run(["nmcli", "radio", "wifi", "on"], timeout=20.0, check=False)
        self._runner.run(["nmcli", "connection", "delete", "id", _NAME], timeout=20.0, check=False)
        lock: list[str | Secret] = ["wifi-sec.key-mgmt", "wpa-psk", "wifi-sec.psk", password] if password else []
        self._runner.run(
            [
                "nmcli", "--wait", "0", "connection", "add", "type", "wifi", "con-name", _NAME, "ifname", "*",
                "ssid", ssid, *lock,
            ],
            timeout=30.0,
        )  # fmt: skip

    def obey(self, country: str) -> None:
        # Outside of our own sandbox, which may not touch the network's settings.
        outside = ["systemd-run", "--quiet", "--wait", "--collect"]
        try:
            self._runner.run([*outside, "iw", "reg", "set", country], timeout=20.0, check=False)
        except HearthError as error:
            log.warning("the rules of the country could not be set: %s", error)


class VirtualWifi:
    """Remembers what it was told, by the same rules; there is no radio."""

    def __init__(self) -> None:
        self.joined: list[tuple[str, str]] = []

    def join(self, ssid: str, password: Secret | None, country: str) -> None:
        check(ssid, password, country)
        self.joined.append((ssid, country))

    def obey(self, country: str) -> None:
        """There is no radio to obey."""


def check(ssid: str, password: Secret | None, country: str) -> None:
    """IEEE 802.11: up to 32 bytes of name; a WPA passphrase of 8 to 63 ASCII characters, or 64 hex digits; ISO 3166
    countries. Raises BadInput bad-wifi."""
    if not 1 <= len(ssid.encode()) <= 32 or not ssid.isprintable():
        raise BadInput(
            "The name of a Wi-Fi has 1 to 32 characters.", "Look at how the router calls it.", key="bad-wifi"
        )
    if password is not None and not re.fullmatch(r"[ -~]{8,63}|[0-9a-fA-F]{64}", password.reveal()):
        raise BadInput(
            "The password of a Wi-Fi has 8 to 63 letters, digits and signs, without accents.",
            "Look at the label of the router.",
            key="bad-wifi",
        )
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise BadInput("The country of the Wi-Fi is two capital letters.", "For example DE or GB.", key="bad-wifi")
