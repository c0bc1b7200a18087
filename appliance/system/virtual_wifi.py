# SPDX-License-Identifier: AGPL-3.0-or-later
"""A radio that is played: networks and their passwords around it, and the same rules as with a real one."""

from dataclasses import replace

from appliance.errors import BadInput, HearthError
from appliance.system.wifi import Nearby, Outcome, Seen, WifiNetwork, check


class VirtualWifi:
    """Implements `Wifi`. Without a radio, as at first, it remembers what it was told. `around` are the networks near,
    each with its password, None if open."""

    def __init__(self, *, radio: bool = False, around: dict[str, str | None] | None = None) -> None:
        self.seen = Seen(radio=radio, cable=not radio)
        self.around = around or {}
        self.remembered: dict[str, WifiNetwork] = {}
        self.country = ""
        self.hotspot = ""
        self.scans = 0
        self.broken = False

    def look(self) -> Seen:
        if not self.seen.radio:
            return replace(self.seen, known=tuple(sorted(self.remembered)))
        if not self.hotspot and self.seen.connected is None:
            reached = (each.ssid for each in self.remembered.values() if self._reach(each) is Outcome.JOINED)
            self.seen = replace(self.seen, connected=next(reached, None))
        nearby = tuple(Nearby(name, 70, password is not None) for name, password in self.around.items())
        return replace(
            self.seen,
            hotspot=bool(self.hotspot),
            known=tuple(sorted(self.remembered)),
            nearby=() if self.hotspot else nearby,
        )

    def scan(self) -> None:
        self.scans += 1

    def join(self, network: WifiNetwork) -> None:
        check(network)
        self.obey(network.country)
        self.remembered[network.ssid] = network

    def attempt(self, network: WifiNetwork, timeout: float) -> Outcome:
        check(network)
        self.obey(network.country)
        self.close_hotspot()
        outcome = self._reach(network)
        if outcome is Outcome.JOINED:
            self.remembered[network.ssid] = network
        return outcome

    def forget(self, ssid: str) -> None:
        if self.remembered.pop(ssid, None) is None:
            raise BadInput("The box does not know this Wi-Fi.", "Look at the list again.", key="no-such-wifi")
        if self.seen.connected == ssid:
            self.seen = replace(self.seen, connected=None)

    def open_hotspot(self, name: str) -> None:
        if self.broken:
            raise HearthError("bus-refused", "The system did not do it.", "Try again.", status=500)
        self.hotspot = name
        self.seen = replace(self.seen, connected=None)

    def close_hotspot(self) -> None:
        self.hotspot = ""

    def obey(self, country: str) -> None:
        self.country = country

    def lose(self, ssid: str) -> None:
        """The router of this network goes off."""
        self.around.pop(ssid, None)
        if self.seen.connected == ssid:
            self.seen = replace(self.seen, connected=None)

    def _reach(self, network: WifiNetwork) -> Outcome:
        if not self.seen.radio or network.ssid not in self.around:
            return Outcome.NOT_REACHED
        given = network.password.reveal() if network.password else None
        return Outcome.JOINED if self.around[network.ssid] == given else Outcome.WRONG_PASSWORD
