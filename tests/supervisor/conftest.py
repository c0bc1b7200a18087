# SPDX-License-Identifier: AGPL-3.0-or-later
"""A supervisor whose doors are all virtual: time moves when told, the board records, and no thread looks around."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.board.light import Pattern
from appliance.board.model import Disk, Drive, Event, EventKind, Memory, Sensors, Volume
from appliance.config import Config
from appliance.errors import HearthError
from appliance.status import Status
from appliance.supervisor.client import SupervisorClient
from appliance.supervisor.doors import Doors
from appliance.supervisor.main import Supervisor
from appliance.system.caddy import VirtualFront
from appliance.system.clock import VirtualClock
from appliance.system.files import VirtualFiles
from appliance.system.firewall import VirtualFirewall
from appliance.system.interfaces import VirtualInterfaces
from appliance.system.naming import VirtualDynamicName
from appliance.system.outside import VirtualOutside
from appliance.system.resolver import VirtualResolver
from appliance.system.router import VirtualRouter
from appliance.system.ssh import VirtualSsh
from appliance.system.tunnel import VirtualTunnel
from appliance.system.units import LogLine, Unit, UnitState
from appliance.system.virtual_wifi import VirtualWifi


class RecordingBoard:
    name = "test board"

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.sense = Sensors(42.0, False, False)
        self.plugged: tuple[Disk, ...] = ()
        self.power: list[str] = []
        self.broken = False

    def show(self, pattern: Pattern) -> None:
        self.shown.append(pattern.name)

    def events(self) -> Iterator[Event]:
        threading.Event().wait()
        yield from ()

    def sensors(self) -> Sensors:
        if self.broken:
            raise HearthError("broken", "The sensor is broken.", "Replace it.")
        return self.sense

    def disks(self) -> tuple[Disk, ...]:
        return self.plugged

    def power_off(self) -> None:
        self.power.append("off")

    def power_restart(self) -> None:
        self.power.append("restart")


class StillHost:
    """A machine with plenty of everything."""

    def __init__(self) -> None:
        self.has = Volume(20 * 10**9, 32 * 10**9, 1000, 2000)

    def load(self) -> float:
        return 0.1

    def memory(self) -> Memory:
        return Memory(300_000_000, 1_000_000_000)

    def volume(self, path: Path) -> Volume:
        return self.has

    def drives(self) -> tuple[Drive, ...]:
        return ()


class RecordingUnits:
    def __init__(self) -> None:
        self.did: list[str] = []
        self.state = {name: Unit(UnitState.RUNNING, 1, 0) for name in ("supervisor", "fediverse")}
        self.fail_on: str | None = None

    def states(self) -> dict[str, Unit]:
        return dict(self.state)

    def start(self, service: str) -> None:
        self._do(f"start {service}")

    def stop(self, service: str) -> None:
        self._do(f"stop {service}")

    def restart(self, service: str) -> None:
        self._do(f"restart {service}")

    def logs(self, service: str, lines: int) -> list[LogLine]:
        return [LogLine("2026-01-01T00:00:00+00:00", service or "console", "hello")][:lines]

    def _do(self, what: str) -> None:
        if self.fail_on == what:
            self.fail_on = None
            raise HearthError("stuck", "It is stuck.")
        self.did.append(what)


class Bench:
    """One box: its doors, its supervisor, and the client that speaks with it."""

    def __init__(self, folder: Path) -> None:
        runtime = folder / "run"
        (folder / "state").mkdir()
        runtime.mkdir()
        self.config = Config(state=folder / "state", runtime=runtime, virtual=True, fediverse_bind="127.0.0.1:10403")
        self.clock = VirtualClock()
        self.files = VirtualFiles()
        self.board = RecordingBoard()
        self.host = StillHost()
        self.units = RecordingUnits()
        self.wifi = VirtualWifi()
        self.ssh = VirtualSsh()
        self.firewall = VirtualFirewall()
        self.tunnel = VirtualTunnel()
        self.front = VirtualFront(self.clock.now)
        self.client = SupervisorClient(self.config.supervisor_socket)
        self._ticked = threading.Event()
        self._stop: Callable[[], None] = lambda: None

    def start(self) -> None:
        """The loop and the socket, as after power-on; nothing looks around unless `look` is called."""
        home = VirtualInterfaces()
        doors = Doors(
            clock=self.clock,
            files=self.files,
            board=self.board,
            host=self.host,
            interfaces=home,
            units=self.units,
            wifi=self.wifi,
            ssh=self.ssh,
            firewall=self.firewall,
            router=VirtualRouter(self.clock),
            resolver=VirtualResolver(),
            front=self.front,
            naming=VirtualDynamicName(),
            tunnel=self.tunnel,
            outside=VirtualOutside(),
        )
        self.supervisor = Supervisor(self.config, doors)
        supervisor = self.supervisor
        thread = threading.Thread(target=lambda: supervisor.loop.run(supervisor.tick), daemon=True)
        server = supervisor._server
        thread.start()
        server.start()
        supervisor.loop.tell(supervisor.erasing.resume)

        def stop() -> None:
            supervisor.loop.stop()
            thread.join(5.0)
            server.close()

        self._stop = stop

    def stop(self) -> None:
        self._stop()
        self._stop = lambda: None

    def restart(self) -> None:
        self.stop()
        self.start()

    def look(self) -> Status:
        self.supervisor._looker.look()
        return self.status()

    def status(self) -> Status:
        """After time has done its work."""
        self.supervisor.loop.ask(self.supervisor.core.tick)
        return self.client.status()

    def press(self, seconds: float = 0.2) -> Status:
        """Hold the button for so long."""
        self.edge(EventKind.BUTTON_DOWN)
        self.clock.advance(seconds)
        self.edge(EventKind.BUTTON_UP)
        return self.status()

    def edge(self, kind: EventKind) -> None:
        event = Event(kind, self.clock.monotonic())
        self.supervisor.loop.ask(lambda: self.supervisor.core.board_event(event))

    def wait_for(self, true: Callable[[Status], bool]) -> Status:
        """Watch until it is true: for work that is done by other threads."""
        for status in self.client.watch():
            if true(status):
                return status
        raise AssertionError("the supervisor has gone")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    bench.start()
    yield bench
    bench.stop()


@pytest.fixture
def unstarted(tmp_path: Path) -> Iterator[Bench]:
    """The same, with the power still off."""
    bench = Bench(tmp_path)
    yield bench
    bench.stop()
