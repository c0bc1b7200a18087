# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is observed of the home network."""

from dataclasses import dataclass

from appliance.network.hotspot import Hotspot, Phase
from appliance.system.wifi import UNSEEN, Seen


@dataclass(frozen=True)
class Network:
    """`addresses` are IPv4 and then IPv6 addresses of this machine that others at home can reach. `told` says whether
    the firewall knows of all there are; `now` is the clock's monotonic time of the look. `carrier`: there is a cable or
    a Wi-Fi, so that what is missing is the router's answer. `announced` is what the box is called at home, "" where
    nothing announces it."""

    host: str
    addresses: tuple[str, ...]
    told: bool = True
    wifi: Seen = UNSEEN
    hotspot: Hotspot | None = None
    hotspot_name: str = ""
    carrier: bool = False
    now: float = 0.0
    announced: str = ""

    @property
    def open(self) -> bool:
        """Whether there is to be a hotspot."""
        return self.hotspot is not None and self.hotspot.phase is Phase.OPEN
