# SPDX-License-Identifier: AGPL-3.0-or-later
"""systemd's manager over D-Bus (org.freedesktop.systemd1(5)).

Not by systemctl: services are looked at every few seconds, and a small board should not start a program each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jeepney import DBusAddress

from appliance.errors import HearthError
from appliance.system.bus import Bus, SystemBus

_NAME = "org.freedesktop.systemd1"
_MANAGER = DBusAddress("/org/freedesktop/systemd1", _NAME, f"{_NAME}.Manager")


@dataclass(frozen=True)
class ServiceUnit:
    """As systemd has it: ActiveState, MainPID (0 for none), NRestarts, StatusText."""

    name: str
    active: str
    pid: int
    restarts: int
    status: str = ""


class Systemd:
    """Everything here raises HearthError: bus-away, bus-refused, or service-failed."""

    def __init__(self, bus: SystemBus) -> None:
        self._bus = bus

    def services(self, names: Sequence[str]) -> tuple[ServiceUnit, ...]:
        """Those services that there are."""
        with self._bus.connect() as bus:
            (rows,) = bus.call(_MANAGER, "ListUnitsByNames", "as", list(names))
            return tuple(_service(bus, row) for row in rows if row[2] == "loaded")

    def start(self, name: str, timeout: float) -> None:
        self._do("StartUnit", name, timeout)

    def stop(self, name: str, timeout: float) -> None:
        self._do("StopUnit", name, timeout)

    def restart(self, name: str, timeout: float) -> None:
        """Also a service that failed so often that systemd gave it up."""
        with self._bus.connect() as bus:
            try:
                bus.call(_MANAGER, "ResetFailedUnit", "s", name)
            except HearthError as error:
                if error.key != "bus-refused":  # it has not failed, or is not known yet
                    raise
        self._do("RestartUnit", name, timeout)

    def _do(self, method: str, name: str, timeout: float) -> None:
        """Give systemd the job and wait until it is done."""
        with self._bus.connect() as bus:
            bus.call(_MANAGER, "Subscribe")
            removed = bus.signals(_MANAGER, "JobRemoved")
            (job,) = bus.call(_MANAGER, method, "ss", name, "replace")
            for _, path, _, result in removed.bodies(timeout):
                if path == job:
                    if result != "done":
                        raise HearthError(
                            "service-failed",
                            f"{name} did not do as it was told: {result}.",
                            "Look at its log.",
                            status=500,
                        )
                    return


def _service(bus: Bus, row: Sequence[str]) -> ServiceUnit:
    """A row of ListUnitsByNames: name, description, load state, active state, sub state, followed, object path, …"""
    properties = DBusAddress(row[6], _NAME, "org.freedesktop.DBus.Properties")

    def get(name: str) -> Any:
        ((_, value),) = bus.call(properties, "Get", "ss", f"{_NAME}.Service", name)
        return value

    return ServiceUnit(row[0], row[3], int(get("MainPID")), int(get("NRestarts")), str(get("StatusText")))
