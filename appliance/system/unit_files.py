# SPDX-License-Identifier: AGPL-3.0-or-later
"""systemd's unit files, as far as the small service manager follows them: systemd.service(5), systemd.socket(5).

One set of files describes the services for the box and for the laptop, so the two can't drift apart. Sandboxing
is systemd's alone; settings not named here are left to it.
"""

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from appliance.errors import HearthError

_UNITS = {"": 1.0, "s": 1.0, "sec": 1.0, "ms": 0.001, "min": 60.0, "m": 60.0, "h": 3600.0}


class Restart(Enum):
    """When a service that ended is started again."""

    NO = "no"
    ON_FAILURE = "on-failure"
    ALWAYS = "always"


@dataclass(frozen=True)
class ServiceUnit:
    """One service. Times are in seconds; `name` is the file's name without ".service".

    The pause before a restart grows in `restart_steps` even steps (by ratio) from `restart_seconds` to
    `restart_max_seconds`. More than `start_limit` starts within `start_limit_seconds` end the trying; 0 never does.
    """

    name: str
    description: str
    command: tuple[str, ...]
    user: str
    notify: bool
    requires: frozenset[str]
    after: frozenset[str]
    restart: Restart
    restart_seconds: float
    restart_steps: int
    restart_max_seconds: float
    start_limit: int
    start_limit_seconds: float
    watchdog_seconds: float | None
    start_seconds: float
    stop_seconds: float
    credentials: tuple[tuple[str, Path], ...]
    environment: Mapping[str, str]
    wanted: bool = True  # from the start; else when somebody asks for it

    def pause(self, failures: int) -> float:
        """How long to wait before the restart after this many failures in a row (1 or more)."""
        if self.restart_steps < 1 or self.restart_max_seconds <= self.restart_seconds:
            return self.restart_seconds
        step = min(failures - 1, self.restart_steps) / self.restart_steps
        ratio: float = (self.restart_max_seconds / self.restart_seconds) ** step
        return self.restart_seconds * ratio


@dataclass(frozen=True)
class SocketUnit:
    """A socket that the manager listens on; the service of the same name starts at the first connection."""

    name: str
    listen: str
    backlog: int


@dataclass(frozen=True)
class Units:
    services: tuple[ServiceUnit, ...]
    sockets: tuple[SocketUnit, ...]

    def socket_of(self, service: str) -> SocketUnit | None:
        return next((unit for unit in self.sockets if unit.name == service), None)


def read_units(folder: Path) -> Units:
    """Every unit in `folder`. Raises HearthError units-missing or unit-damaged."""
    services = [parse_service(path.stem, path.read_text()) for path in sorted(folder.glob("hearth-*.service"))]
    if not services:
        raise HearthError("units-missing", f"There are no units in {folder}.", "Install Hearth again.", status=500)
    sockets = [parse_socket(path.stem, path.read_text()) for path in sorted(folder.glob("hearth-*.socket"))]
    return Units(in_order(services), tuple(sockets))


def read_users(path: Path) -> dict[str, int]:
    """User name to number, from a sysusers.d(5) file."""
    lines = (shlex.split(line, comments=True) for line in path.read_text().splitlines())
    return {words[1]: int(words[2]) for words in lines if len(words) > 2 and words[0] == "u"}


def parse_service(name: str, text: str) -> ServiceUnit:
    unit = _Sections(name, text)
    environment = dict(word.split("=", 1) for line in unit.all("Service", "Environment") for word in shlex.split(line))
    seconds = unit.seconds("Service", "RestartSec", 0.1)
    return ServiceUnit(
        name=name,
        description=unit.last("Unit", "Description", name),
        command=tuple(shlex.split(unit.last("Service", "ExecStart"))),
        user=unit.last("Service", "User", "root"),
        notify=unit.last("Service", "Type", "simple") == "notify",
        requires=_services(unit.all("Unit", "Requires")),
        after=_services(unit.all("Unit", "After")),
        restart=Restart(unit.last("Service", "Restart", "no")),
        restart_seconds=seconds,
        restart_steps=int(unit.last("Service", "RestartSteps", "0")),
        restart_max_seconds=unit.seconds("Service", "RestartMaxDelaySec", seconds),
        start_limit=int(unit.last("Unit", "StartLimitBurst", "5")),
        start_limit_seconds=unit.seconds("Unit", "StartLimitIntervalSec", 10.0),
        watchdog_seconds=unit.seconds("Service", "WatchdogSec", 0.0) or None,
        start_seconds=unit.seconds("Service", "TimeoutStartSec", 90.0),
        stop_seconds=unit.seconds("Service", "TimeoutStopSec", 90.0),
        credentials=tuple(_credential(word) for word in unit.all("Service", "LoadCredential")),
        environment=environment,
    )


def parse_socket(name: str, text: str) -> SocketUnit:
    unit = _Sections(name, text)
    return SocketUnit(name, unit.last("Socket", "ListenStream"), int(unit.last("Socket", "Backlog", "128")))


def parse_seconds(text: str) -> float:
    """systemd.time(7), as far as it is used: "30", "5s", "1min 30s", "200ms". Raises ValueError."""
    parts = re.findall(r"([0-9.]+)\s*([a-z]*)\s*", text)
    if not parts or "".join(re.split(r"[0-9.]+\s*[a-z]*\s*", text)):
        raise ValueError(text)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


class _Sections:
    """What a unit file says: for each section and name its values in order; an empty one forgets those before."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._values: dict[tuple[str, str], list[str]] = {}
        section = ""
        for line in text.replace("\\\n", " ").splitlines():
            line = line.strip()
            if not line or line[0] in "#;":
                continue
            if line[0] == "[" and line[-1] == "]":
                section = line[1:-1]
                continue
            key, equals, value = line.partition("=")
            if not equals:
                raise self._damaged(line)
            values = self._values.setdefault((section, key.strip()), [])
            values.append(value.strip()) if value.strip() else values.clear()

    def all(self, section: str, key: str) -> list[str]:
        return self._values.get((section, key), [])

    def last(self, section: str, key: str, default: str | None = None) -> str:
        values = self.all(section, key)
        if values:
            return values[-1]
        if default is None:
            raise self._damaged(f"{key}= is missing")
        return default

    def seconds(self, section: str, key: str, default: float) -> float:
        values = self.all(section, key)
        try:
            return parse_seconds(values[-1]) if values else default
        except (ValueError, KeyError):
            raise self._damaged(f"{key}={values[-1]}") from None

    def _damaged(self, what: str) -> HearthError:
        return HearthError(
            "unit-damaged", f"The unit {self._name} is damaged: {what}.", "Install Hearth again.", status=500
        )


def _services(lines: Collection[str]) -> frozenset[str]:
    return frozenset(
        word.removesuffix(".service") for line in lines for word in line.split() if word.endswith(".service")
    )


def _credential(text: str) -> tuple[str, Path]:
    name, _, path = text.partition(":")
    return name, Path(path)


def in_order(services: Sequence[ServiceUnit]) -> tuple[ServiceUnit, ...]:
    """Those that others come after first; names decide among the rest."""
    waiting, ordered = list(services), list[ServiceUnit]()
    while waiting:
        names = {unit.name for unit in waiting}
        able = [unit for unit in waiting if not unit.after & names]
        if not able:
            raise HearthError("unit-damaged", f"These units wait for one another: {', '.join(sorted(names))}.")
        ordered += able
        waiting = [unit for unit in waiting if unit not in able]
    return tuple(ordered)
