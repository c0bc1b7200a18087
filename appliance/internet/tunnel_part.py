# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of the way that goes through a gateway, where the owner wants that: the tunnel runs then, and only then.

An authority proves a name by TLS-ALPN-01 there (RFC 8737): port 443 is passed through as it comes, and port 80 is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from appliance.internet.goal import Ask
from appliance.internet.model import Gateway, Tunnel
from appliance.internet.part import Pace, Scene
from appliance.system.tunnel import TunnelDoor


@dataclass(frozen=True)
class Call:
    """Start the tunnel, anew if it runs with another invitation."""

    gateway: Gateway


class TunnelPart:
    field = "tunnel"
    pace = Pace(15.0, 3.0)

    def __init__(self, door: TunnelDoor) -> None:
        self._door = door
        self._called: Gateway | None = None

    def look(self, ask: Ask) -> Tunnel | None:
        gateway = ask.goal.gateway
        if gateway is None:
            self.close()
            return None
        state = self._door.look()
        if state is None or (self._called is not None and self._called != gateway):
            return None
        calling = state.key == "gateway-connecting"
        return Tunnel(gateway.host, state.connected, "" if state.connected or calling else state.words, calling)

    def actions(self, scene: Scene) -> Iterator[Call]:
        if scene.goal is not None and scene.goal.gateway is not None and scene.way.tunnel is None:
            yield Call(scene.goal.gateway)

    def apply(self, action: Call) -> None:
        self._door.start()
        self._called = action.gateway

    def close(self) -> None:
        if self._called is not None or self._door.look() is not None:
            self._door.stop()
            self._called = None
