# SPDX-License-Identifier: AGPL-3.0-or-later
"""Units: the services of the box as their manager sees them: systemd, or the small one of a virtual box."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from appliance.errors import BadInput, Unavailable
from appliance.system.clock import Clock
from appliance.system.commands import CommandClient
from appliance.system.runner import Runner
from appliance.system.systemd import ServiceUnit, Systemd

SERVICES = ("supervisor", "console", "fediverse", "tunnel")
MAX_LINES = 2000
_STOP_SECONDS = 90.0


class UnitState(Enum):
    """STARTING also while it stops, or pauses before it starts again by itself."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPED = "stopped"  # as intended: an idle console, or told to
    FAILED = "failed"


@dataclass(frozen=True)
class Unit:
    state: UnitState
    pid: int | None = None
    restarts: int = 0
    status: str = ""  # the service's own last word about itself


@dataclass(frozen=True)
class LogLine:
    """`at` is ISO 8601 in UTC."""

    at: str
    service: str
    line: str


# The words of the small service manager; one that pauses starts again by itself in a moment.
_VIRTUAL = {
    "running": UnitState.RUNNING,
    "starting": UnitState.STARTING,
    "queued": UnitState.STARTING,
    "pausing": UnitState.STARTING,
    "stopping": UnitState.STARTING,
    "stopped": UnitState.STOPPED,
    "listening": UnitState.STOPPED,
}


class Units(Protocol):
    """Services go by their short names, SERVICES. Everything here raises HearthError and may take seconds."""

    def states(self) -> dict[str, Unit]: ...

    def start(self, service: str) -> None: ...

    def stop(self, service: str) -> None: ...

    def restart(self, service: str) -> None: ...

    def logs(self, service: str, lines: int) -> list[LogLine]:
        """The newest `lines` lines, oldest first; of all services if `service` is ""."""
        ...


class SystemdUnits:
    """systemd over D-Bus, and journalctl(1)."""

    def __init__(self, runner: Runner, systemd: Systemd) -> None:
        self._runner = runner
        self._systemd = systemd

    def states(self) -> dict[str, Unit]:
        found = self._systemd.services([_unit(service) for service in SERVICES])
        return {_service(each.name): _parse_unit(each) for each in found}

    def start(self, service: str) -> None:
        self._systemd.start(_unit(service), _STOP_SECONDS)

    def stop(self, service: str) -> None:
        self._systemd.stop(_unit(service), _STOP_SECONDS)

    def restart(self, service: str) -> None:
        self._systemd.restart(_unit(service), _STOP_SECONDS)

    def logs(self, service: str, lines: int) -> list[LogLine]:
        units = [f"--unit={_unit(each)}" for each in ([service] if service else SERVICES)]
        count = f"--lines={max(1, min(lines, MAX_LINES))}"
        done = self._runner.run(["journalctl", "--output=json", "--no-pager", "--quiet", count, *units], timeout=20.0)
        return [line for raw in done.output.splitlines() if (line := _parse_line(raw))]


class VirtualUnits:
    """The service manager of a virtual box, asked through the machine socket."""

    def __init__(self, machine_socket: Path, clock: Clock) -> None:
        self._client = CommandClient(machine_socket, name="the virtual machine")
        self._clock = clock

    def states(self) -> dict[str, Unit]:
        answer = self._client.ask("units.states", timeout=5.0)
        return {
            str(each["name"]): Unit(
                _VIRTUAL.get(each["state"], UnitState.FAILED), each["pid"], each["restarts"], str(each["status"])
            )
            for each in answer
        }

    def start(self, service: str) -> None:
        self._tell("units.start", service)

    def stop(self, service: str) -> None:
        self._tell("units.stop", service)
        give_up = self._clock.monotonic() + _STOP_SECONDS
        while self.states().get(service, Unit(UnitState.STOPPED)).state is not UnitState.STOPPED:
            if self._clock.monotonic() > give_up:
                raise Unavailable("not-stopped", f"The service {service} does not stop.")
            self._clock.sleep(0.1)

    def restart(self, service: str) -> None:
        self._tell("units.restart", service)

    def logs(self, service: str, lines: int) -> list[LogLine]:
        wanted = {"name": _known(service) if service else "", "lines": max(1, min(lines, MAX_LINES))}
        answer = self._client.ask("units.logs", wanted, timeout=10.0)
        return [LogLine(str(each["at"]), str(each["service"]), str(each["line"])) for each in answer]

    def _tell(self, command: str, service: str) -> None:
        self._client.ask(command, {"name": _known(service)}, timeout=60.0)


def _known(service: str) -> str:
    if service not in SERVICES:
        raise BadInput(
            "There is no service of that name.", f"The services are {', '.join(SERVICES)}.", key="unknown-service"
        )
    return service


def _unit(service: str) -> str:
    return f"hearth-{_known(service)}.service"


def _service(unit: str) -> str:
    return re.sub(r"^hearth-|\.service$", "", unit)


def _parse_unit(unit: ServiceUnit) -> Unit:
    states = {
        "active": UnitState.RUNNING,
        "reloading": UnitState.RUNNING,
        "activating": UnitState.STARTING,
        "failed": UnitState.FAILED,
    }
    return Unit(states.get(unit.active, UnitState.STOPPED), unit.pid or None, unit.restarts, unit.status)


def _parse_line(raw: bytes) -> LogLine | None:
    try:
        entry: dict[str, Any] = json.loads(raw)
        at = datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / 1_000_000, UTC)
        message = entry.get("MESSAGE") or ""
        # The journal shows what is not UTF-8 as a list of numbers.
        text = bytes(message).decode(errors="replace") if isinstance(message, list) else str(message)
    except (ValueError, KeyError, TypeError):
        return None
    return LogLine(at.isoformat(timespec="milliseconds"), _service(str(entry.get("_SYSTEMD_UNIT", ""))), text)
