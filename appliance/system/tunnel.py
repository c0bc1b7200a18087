# SPDX-License-Identifier: AGPL-3.0-or-later
"""TunnelDoor: the tunnel to a gateway, which is a service of its own. Here it is started, stopped and asked about."""

import re
from dataclasses import dataclass
from typing import Protocol

from appliance.system.units import Units, UnitState

SERVICE = "tunnel"
_SAID = re.compile(r"(connected|waiting) \(([a-z0-9-]{1,40})\): (.{0,600})", re.DOTALL)


@dataclass(frozen=True)
class TunnelState:
    """`key` is that of the error, or "epoch-N" while connected."""

    connected: bool
    key: str = ""
    words: str = ""


class TunnelDoor(Protocol):
    def look(self) -> TunnelState | None:
        """None while it does not run. Raises HearthError."""
        ...

    def start(self) -> None:
        """Also anew, with another invitation. Raises HearthError."""
        ...

    def stop(self) -> None: ...


class UnitTunnel:
    """hearth-tunnel.service; how it stands is what it tells the service manager."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def look(self) -> TunnelState | None:
        unit = self._units.states().get(SERVICE)
        if unit is None or unit.state is UnitState.STOPPED:
            return None
        if unit.state is UnitState.FAILED:
            return TunnelState(False, "tunnel-failed", "The tunnel can't be started; it is in its log why.")
        return parse(unit.status)

    def start(self) -> None:
        self._units.restart(SERVICE)

    def stop(self) -> None:
        self._units.stop(SERVICE)


class VirtualTunnel:
    """A gateway that can be played with: `answers`, and what it says where it does not let the box in."""

    def __init__(self) -> None:
        self.answers = True
        self.refusal: tuple[str, str] | None = None
        self._runs = False

    def look(self) -> TunnelState | None:
        if not self._runs:
            return None
        if not self.answers:
            return TunnelState(False, "gateway-silent", "The gateway does not answer.")
        if self.refusal is not None:
            return TunnelState(False, *self.refusal)
        return TunnelState(True, "epoch-1", "Open to everybody.")

    def start(self) -> None:
        self._runs = True

    def stop(self) -> None:
        self._runs = False


def said(*, connected: bool, key: str, words: str) -> str:
    """One line for the service manager, and for people who ask it."""
    plain = " ".join("".join(each if each.isprintable() else " " for each in words).split())
    return f"{'connected' if connected else 'waiting'} ({key}): {plain[:600]}"


def parse(status: str) -> TunnelState:
    found = _SAID.fullmatch(status)
    if found is None:
        return TunnelState(False, "gateway-connecting", "The gateway is being called.")
    return TunnelState(found[1] == "connected", found[2], found[3])
