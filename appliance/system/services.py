# SPDX-License-Identifier: AGPL-3.0-or-later
"""The small service manager: systemd's other form, for a box played by a laptop.

It follows the unit files of the box: order and readiness, restarts, watchdog, socket activation, credentials, and
stopping in reverse. One thread owns everything; others ask it. That thread starts the children, so when it goes,
however it goes, the kernel takes them along (prctl(2), PR_SET_PDEATHSIG counts by thread).
"""

import contextlib
import os
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from appliance.errors import BadInput
from appliance.system.clock import Clock
from appliance.system.files import Files
from appliance.system.launch import Launch
from appliance.system.notify_socket import NotifySocket
from appliance.system.runner import Child, Runner
from appliance.system.service import Service, ServiceState, State
from appliance.system.service_log import LogLine, ServiceLog
from appliance.system.unit_files import ServiceUnit, Units

_TICK = 0.1
T = TypeVar("T")


class ServiceManager:
    """Made for one stretch of power: `start`, then `stop` or `kill`, then it is used up.

    `listeners` are listening sockets by the name of the unit they start; the manager closes them when it stops.
    `changed` is called after every change of a service's state, from the manager's thread.
    """

    def __init__(
        self,
        units: Units,
        launch: Launch,
        runner: Runner,
        files: Files,
        clock: Clock,
        *,
        logs: Path,
        listeners: Mapping[str, socket.socket],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._launch = launch
        self._runner = runner
        self._files = files
        self._clock = clock
        self._listeners = dict(listeners)
        self._changed = changed
        self._selector = selectors.DefaultSelector()
        self._notify = NotifySocket(launch.runtime / "notify.sock")
        self._wake_up, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._asked: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._logs = {
            unit.name: ServiceLog(logs / f"{_short(unit.name)}.log", _short(unit.name), clock)
            for unit in units.services
        }
        self._services = {
            unit.name: Service(unit, self._spawn, clock, self._logs[unit.name], listens=unit.name in self._listeners)
            for unit in units.services
        }
        self._pipes: dict[int, ServiceLog] = {}
        self._stopping = False
        self._seen: tuple[ServiceState, ...] = ()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._loop, name="service manager", daemon=True)

    def start(self) -> None:
        for service in self._services.values():
            if service.unit.wanted:
                service.enable()
        self._selector.register(self._notify, selectors.EVENT_READ, self._hear)
        self._selector.register(self._wake_up, selectors.EVENT_READ, self._answer)
        self._thread.start()

    def stop(self, timeout: float = 60.0) -> bool:
        """Stop all in reverse order; True when all ended within `timeout` seconds and none had to be killed."""
        self._ask(self._begin_stop)
        ended = self._ended.wait(timeout)
        if not ended:
            self.kill()
        self._thread.join(10.0)
        return ended

    def kill(self) -> None:
        """SIGKILL to everything at once, as when the power goes."""
        self._ask(self._kill_all)
        self._thread.join(10.0)

    def restart_one(self, name: str, timeout: float = 45.0) -> None:
        """Stop and start one service. Like the two below it waits until that is done, at most `timeout` seconds,
        and raises BadInput for a service that does not exist."""
        self._ask(lambda: self._find(name).stop(again=True))
        self._settle(name, timeout)

    def start_one(self, name: str, timeout: float = 45.0) -> None:
        self._ask(lambda: self._find(name).resume())
        self._settle(name, timeout)

    def stop_one(self, name: str, timeout: float = 45.0) -> None:
        """It stays stopped until started, or until the power comes back."""
        self._ask(lambda: self._find(name).stop())
        self._settle(name, timeout)

    def stop_service(self, name: str) -> None:
        """Stop one service and leave it stopped; returns before it has ended. Raises BadInput for an unknown one."""
        self._ask(lambda: self._find(name).stop())

    def start_service(self, name: str) -> None:
        """Start one that was stopped. Raises BadInput for an unknown one."""

        def start() -> None:
            service = self._find(name)
            if service.state is State.STOPPED:
                service.enable()

        self._ask(start)

    def states(self) -> tuple[ServiceState, ...]:
        return self._ask(lambda: tuple(service.view for service in self._services.values()))

    def logs(self, name: str = "", lines: int = 100) -> list[LogLine]:
        """The last lines of one service, or of all by time. Raises BadInput for an unknown one."""
        chosen = [self._find(name)] if name else list(self._services.values())
        found = [line for service in chosen for line in self._logs[service.unit.name].tail(lines)]
        return sorted(found, key=lambda line: line.at)[-lines:]

    def _settle(self, name: str, timeout: float) -> None:
        give_up = self._clock.monotonic() + timeout
        while self._clock.monotonic() < give_up and not self._ask(lambda: self._find(name).state.settled):
            self._clock.sleep(_TICK)

    def _find(self, name: str) -> Service:
        service = self._services.get(f"hearth-{_short(name)}")
        if service is None:
            known = ", ".join(_short(each) for each in self._services)
            raise BadInput(f"There is no service {name!r}.", f"Choose one of: {known}.", key="unknown-service")
        return service

    def _ask(self, call: Callable[[], T]) -> T:
        """Let the manager's thread do it; when that thread has ended nothing moves any more and we do it here."""
        future: Future[T] = Future()
        with self._lock:
            running = not self._ended.is_set() and self._thread.is_alive()
            if running:
                self._asked.append((call, future))
                os.write(self._wake, b"!")
        return future.result(30.0) if running else call()

    # What follows runs in the manager's thread.

    def _loop(self) -> None:
        while not self._ended.is_set():
            for key, _ in self._selector.select(_TICK):
                key.data()
            for service in self._services.values():
                service.tick()
            self._advance()
            self._tell()
        self._clean_up()

    def _advance(self) -> None:
        """Start and stop whose turn it is; wake those for whom somebody knocks."""
        services = self._services.values()
        if self._stopping:
            for service in services:
                if service.state is not State.STOPPED and not self._needed(service):
                    service.stop()
            if all(service.state is State.STOPPED for service in services):
                self._end()
            return
        for service in services:
            if service.state is State.QUEUED and self._may_start(service.unit):
                service.start()
        self._listen()

    def _may_start(self, unit: ServiceUnit) -> bool:
        before = [self._services[name] for name in unit.after if name in self._services]
        required = [self._services[name] for name in unit.requires if name in self._services]
        return all(one.state.settled for one in before) and all(one.state is State.RUNNING for one in required)

    def _needed(self, service: Service) -> bool:
        return any(
            service.unit.name in other.unit.after and other.state is not State.STOPPED
            for other in self._services.values()
        )

    def _listen(self) -> None:
        """Watch exactly those sockets whose service is not there to accept by itself."""
        watched = {key.fd for key in self._selector.get_map().values()}
        for name, listener in self._listeners.items():
            wanted = self._services[name].state is State.LISTENING
            if wanted and listener.fileno() not in watched:
                self._selector.register(listener, selectors.EVENT_READ, self._services[name].wanted)
            elif not wanted and listener.fileno() in watched:
                self._selector.unregister(listener)

    def _hear(self) -> None:
        by_pid = {service.child.pid: service for service in self._services.values() if service.child}
        for message in self._notify.receive():
            service = by_pid.get(message.session)
            if service is not None and service.state.alive:
                service.told(message.fields)

    def _answer(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_up, 4096)
        while self._asked:
            call, future = self._asked.popleft()
            try:
                future.set_result(call())
            except Exception as error:
                future.set_exception(error)

    def _spawn(self, unit: ServiceUnit) -> Child:
        self._launch.hand_over_credentials(unit, self._files)
        environment = self._launch.child_environment(unit, self._notify.path)
        listener = self._listeners.get(unit.name)
        if listener is not None:
            # As with LISTEN_FDS, but a child can't be told its own pid, so it is told the number of the socket.
            environment[f"HEARTH_{_short(unit.name).upper()}_BIND"] = f"fd://{listener.fileno()}"
        reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            os.set_blocking(writing, True)
            child = self._runner.spawn(
                self._launch.argv(unit),
                environment=environment,
                output=Path(f"/dev/fd/{writing}"),
                pass_fds=[listener.fileno()] if listener is not None else [],
                folder=Path("/"),
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        log = self._logs[unit.name]
        self._pipes[reading] = log
        self._selector.register(reading, selectors.EVENT_READ, lambda: self._read(reading, log))
        return child

    def _read(self, pipe: int, log: ServiceLog) -> None:
        try:
            data = os.read(pipe, 65536)
        except BlockingIOError:
            return
        if data:
            log.feed(data)
            return
        self._selector.unregister(pipe)
        del self._pipes[pipe]
        os.close(pipe)

    def _tell(self) -> None:
        seen = tuple(service.view for service in self._services.values())
        if seen != self._seen:
            self._seen = seen
            self._changed()

    def _begin_stop(self) -> None:
        self._stopping = True
        self._close_listeners()

    def _kill_all(self) -> None:
        for service in self._services.values():
            if service.child and service.state.alive:
                service.child.signal_group(9)
        for service in self._services.values():
            service.kill()
        self._stopping = True
        self._end()

    def _end(self) -> None:
        with self._lock:
            self._ended.set()

    def _close_listeners(self) -> None:
        for listener in self._listeners.values():
            with contextlib.suppress(KeyError):
                self._selector.unregister(listener)
            listener.close()
        self._listeners.clear()

    def _clean_up(self) -> None:
        self._answer()
        self._close_listeners()
        for pipe, log in list(self._pipes.items()):
            self._read(pipe, log)
        for descriptor in (*self._pipes, self._wake_up, self._wake):
            os.close(descriptor)
        self._notify.close()
        self._selector.close()
        self._tell()


def _short(name: str) -> str:
    return name.removeprefix("hearth-").removesuffix(".service")
