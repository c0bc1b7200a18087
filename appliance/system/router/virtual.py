# SPDX-License-Identifier: AGPL-3.0-or-later
"""A router that is not there: it obeys the rules of real ones, and can be told to be one of the bad ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from appliance.internet import model
from appliance.internet.model import Mapping, Port, PortControl
from appliance.system.clock import Clock
from appliance.system.router.door import LEASE_SECONDS, refuses, silent, strange, taken
from appliance.system.router.lease import Lease


class Mood(Enum):
    WELL = "well"
    SILENT = "silent"  # nobody may open ports: UPnP is switched off
    REFUSING = "refusing"
    LYING = "lying"  # says yes, and does nothing
    STRANGE = "strange"  # answers too much, too slowly or nonsense, which the real form tells alike


@dataclass(frozen=True)
class Manners:
    """What kind of router it is. A higher `restarts` than last time: it has forgotten everything. `rivals` hold their
    ports whatever we do. `outside` is private behind a second router, and of 100.64.0.0/10 behind a provider's."""

    mood: Mood = Mood.WELL
    control: PortControl = PortControl.UPNP
    name: str = "Virtual router"
    outside: str | None = "203.0.113.20"
    rivals: tuple[Mapping, ...] = ()
    permanent_only: bool = False
    pinholes: bool = True
    restarts: int = 0


class VirtualRouter:
    """`manners` is asked at each call, so that whoever plays with the home can change them. `host` is this box."""

    def __init__(self, clock: Clock, manners: Callable[[], Manners] = Manners, *, host: str = "192.168.1.20") -> None:
        self._clock = clock
        self._manners = manners
        self._host = host
        self._held: dict[Port, Lease] = {}
        self._pinholes: dict[Port, Lease] = {}
        self._refused: dict[Port, str] = {}
        self._restarts = 0

    def look(self, ports: Sequence[Port]) -> model.Router:
        manners = self._meet()
        if manners.mood is Mood.SILENT:
            return model.Router(None)
        if manners.mood is Mood.STRANGE:
            raise strange()
        wanted = {(port.protocol, port.outside) for port in ports}
        held = [self._mapping(port) for port in self._held]
        held += [each for each in manners.rivals if not self._is_ours(each.port)]
        return model.Router(
            manners.control,
            manners.name,
            manners.outside,
            tuple(each for each in held if (each.port.protocol, each.port.outside) in wanted),
            tuple((port, why) for port, why in self._refused.items() if port in ports),
            tuple(port for port in self._pinholes if port in ports),
            tuple(port for port, lease in self._pinholes.items() if lease.is_due(self._clock.monotonic())),
        )

    def open(self, port: Port, seconds: int = LEASE_SECONDS) -> Mapping:
        manners = self._meet_or_fail()
        rival = next((each for each in manners.rivals if _same(each.port, port)), None)
        if rival is not None and not self._is_ours(port):
            self._refused[port] = "port-taken"
            raise taken(port, rival.name or rival.description or rival.host)
        if manners.mood is Mood.REFUSING:
            self._refused[port] = "router-refuses"
            raise refuses("Action not authorized")
        if manners.mood is Mood.LYING:
            self._refused[port] = "router-unsure"
            raise refuses("it said yes and did nothing")
        self._refused.pop(port, None)
        self._held[port] = Lease(None if manners.permanent_only else seconds, self._clock.monotonic())
        return self._mapping(port)

    def open_pinhole(self, port: Port, seconds: int = LEASE_SECONDS) -> int:
        manners = self._meet_or_fail()
        if not manners.pinholes or manners.mood is not Mood.WELL:
            raise refuses()
        self._pinholes[port] = Lease(seconds, self._clock.monotonic())
        return seconds

    def close(self, ports: Sequence[Port]) -> None:
        self._meet_or_fail()
        for port in ports:
            for kept in (self._held, self._pinholes, self._refused):
                kept.pop(port, None)

    def _meet(self) -> Manners:
        manners, now = self._manners(), self._clock.monotonic()
        if manners.restarts != self._restarts:
            self._restarts = manners.restarts
            self._held.clear()
            self._pinholes.clear()
            self._refused.clear()
        self._held = {port: lease for port, lease in self._held.items() if lease.lasts(now)}
        self._pinholes = {port: lease for port, lease in self._pinholes.items() if lease.lasts(now)}
        return manners

    def _meet_or_fail(self) -> Manners:
        manners = self._meet()
        if manners.mood is Mood.SILENT:
            raise silent()
        if manners.mood is Mood.STRANGE:
            raise strange()
        return manners

    def _is_ours(self, port: Port) -> bool:
        return any(_same(each, port) for each in self._held)

    def _mapping(self, port: Port) -> Mapping:
        lease = self._held[port]
        return Mapping(port, self._host, lease.left(self._clock.monotonic()), "Hearth", lease=lease.seconds)


def _same(one: Port, other: Port) -> bool:
    return (one.protocol, one.outside) == (other.protocol, other.outside)
