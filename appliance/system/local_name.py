# SPDX-License-Identifier: AGPL-3.0-or-later
"""LocalName: what the home network calls the box, without ".local": Avahi announces it (RFC 6762)."""

from typing import Protocol

from jeepney import DBusAddress

from appliance.errors import HearthError
from appliance.system.bus import SystemBus

_NAME = "org.freedesktop.Avahi"
_SERVER = DBusAddress("/", _NAME, f"{_NAME}.Server")


class LocalName(Protocol):
    def current(self) -> str:
        """The name that is announced, which has a number behind it where another machine has the same one; "" where
        none is."""
        ...

    def announce(self, name: str) -> None:
        """From now on, and until the next start. Raises HearthError."""
        ...


class AvahiName:
    def __init__(self, bus: SystemBus) -> None:
        self._bus = bus

    def current(self) -> str:
        try:
            with self._bus.connect() as bus:
                (name,) = bus.call(_SERVER, "GetHostName")
        except HearthError:
            return ""  # it starts, or ended: the address as a number is good all the same
        return str(name)

    def announce(self, name: str) -> None:
        with self._bus.connect() as bus:
            bus.call(_SERVER, "SetHostName", "s", name)


class VirtualLocalName:
    """Announces what it is told; `taken` are names of other machines."""

    def __init__(self, name: str = "", taken: frozenset[str] = frozenset()) -> None:
        self._name = name
        self.taken = taken

    def current(self) -> str:
        return self._name

    def announce(self, name: str) -> None:
        self._name = f"{name}-2" if name in self.taken else name
