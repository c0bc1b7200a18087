# SPDX-License-Identifier: AGPL-3.0-or-later
"""NetworkManager over D-Bus (nm-dbus-types(5), nm-settings-dbus(5)).

Not by nmcli: the network is looked at every few seconds, a small board should not start a program each time, and a
password must not stand in a command line that others can read.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jeepney import DBusAddress

from appliance.errors import HearthError
from appliance.system.bus import Bus, Signals, SystemBus

NAME = "org.freedesktop.NetworkManager"
ROOT = "/org/freedesktop/NetworkManager"
SETTINGS = f"{ROOT}/Settings"
ANY = "/"
WIFI = 2  # NMDeviceType
ACTIVATED, FAILED = 100, 120  # NMDeviceState
NO_SECRETS = 7  # NMDeviceStateReason
ACTIVE = 2  # NMActiveConnectionState

Properties = Mapping[str, Any]
Settings = dict[str, dict[str, tuple[str, Any]]]


class Manager:
    """Within one connection to the bus. Everything here raises HearthError bus-away or bus-refused."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def objects(self) -> dict[str, dict[str, Properties]]:
        """All that NetworkManager has: by interface (its name without the part that all share), then by path."""
        manager = DBusAddress("/org/freedesktop", NAME, "org.freedesktop.DBus.ObjectManager")
        (found,) = self._bus.call(manager, "GetManagedObjects")
        objects: dict[str, dict[str, Properties]] = defaultdict(dict)
        for path, interfaces in found.items():
            for name, properties in interfaces.items():
                objects[name.removeprefix(f"{NAME}.")][path] = _plain(properties)
        return objects

    def connections(self) -> dict[str, Properties]:
        """What is remembered, by path: the sections of its settings (without secrets), each a mapping."""
        (paths,) = self._bus.call(self._at(SETTINGS, "Settings"), "ListConnections")
        found: dict[str, Properties] = {}
        for path in paths:
            try:
                (settings,) = self._bus.call(self._at(path, "Settings.Connection"), "GetSettings")
            except HearthError as error:
                if error.key != "bus-refused":  # it went away meanwhile
                    raise
                continue
            found[str(path)] = {section: _plain(values) for section, values in settings.items()}
        return found

    def add(self, settings: Settings, *, by_itself: bool) -> str:
        """Remember it durably; its path. `by_itself`: NetworkManager may join it before it is asked to."""
        flags = 0x1 if by_itself else 0x1 | 0x20  # to disk, block autoconnect
        address = self._at(SETTINGS, "Settings")
        path, _ = self._bus.call(address, "AddConnection2", "a{sa{sv}}ua{sv}", settings, flags, {})
        return str(path)

    def forget(self, path: str) -> None:
        self._bus.call(self._at(path, "Settings.Connection"), "Delete")

    def activate(self, connection: str, device: str) -> None:
        self._bus.call(self._root(), "ActivateConnection", "ooo", connection, device, ANY)

    def activate_once(self, settings: Settings, device: str) -> None:
        """What is forgotten as soon as it ends."""
        options = {"persist": ("s", "volatile")}
        self._bus.call(self._root(), "AddAndActivateConnection2", "a{sa{sv}}ooa{sv}", settings, device, ANY, options)

    def deactivate(self, active: str) -> None:
        self._bus.call(self._root(), "DeactivateConnection", "o", active)

    def scan(self, device: str) -> None:
        self._bus.call(self._at(device, "Device.Wireless"), "RequestScan", "a{sv}", {})

    def turn_radios_on(self) -> None:
        properties = DBusAddress(ROOT, NAME, "org.freedesktop.DBus.Properties")
        self._bus.call(properties, "Set", "ssv", NAME, "WirelessEnabled", ("b", True))

    def changes(self, device: str) -> Signals:
        """How its state changes from now on: new state, old state, reason."""
        return self._bus.signals(self._at(device, "Device"), "StateChanged")

    def _root(self) -> DBusAddress:
        return DBusAddress(ROOT, NAME, NAME)

    def _at(self, path: str, interface: str) -> DBusAddress:
        return DBusAddress(path, NAME, f"{NAME}.{interface}")


class NetworkManager:
    def __init__(self, bus: SystemBus) -> None:
        self._bus = bus

    @contextmanager
    def talk(self) -> Iterator[Manager]:
        """Raises Unavailable bus-away if the bus does not answer, here and in the block."""
        with self._bus.connect() as bus:
            yield Manager(bus)


def _plain(properties: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """Variants without their signatures."""
    return {name: value for name, (_, value) in properties.items()}
