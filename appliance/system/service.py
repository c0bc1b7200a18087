# SPDX-License-Identifier: AGPL-3.0-or-later
"""One service under the small service manager: started, watched, started again, stopped."""

import signal
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from appliance.errors import HearthError
from appliance.system.clock import Clock
from appliance.system.runner import Child
from appliance.system.unit_files import Restart, ServiceUnit

# How a service ends that was asked to, or that nobody needs any more: systemd.service(5), "clean".
_CLEAN = frozenset({0, -signal.SIGHUP, -signal.SIGINT, -signal.SIGTERM, -signal.SIGPIPE})


class State(Enum):
    STOPPED = "stopped"
    LISTENING = "listening"  # starts with the first connection to its socket
    QUEUED = "queued"  # waits for those it comes after
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"  # ended badly; starts again after a pause
    STOPPING = "stopping"
    FAILED = "failed"  # ended badly too often, or must not be restarted

    @property
    def alive(self) -> bool:
        return self in (State.STARTING, State.RUNNING, State.STOPPING)

    @property
    def settled(self) -> bool:
        """Whoever comes after this one need not wait any longer."""
        return self in (State.LISTENING, State.RUNNING, State.FAILED, State.STOPPED)


@dataclass(frozen=True)
class ServiceState:
    """`restarts` counts those after an end that nobody asked for; `status` is the service's own last word."""

    name: str
    description: str
    state: State
    pid: int | None
    restarts: int
    status: str


class Notes(Protocol):
    def note(self, line: str) -> None: ...


class Service:
    """Used by one thread. `launch` starts a child or raises HearthError; time passes by calling `tick`."""

    def __init__(
        self, unit: ServiceUnit, launch: Callable[[ServiceUnit], Child], clock: Clock, log: Notes, *, listens: bool
    ) -> None:
        self.unit = unit
        self.state = State.STOPPED
        self.log = log
        self.child: Child | None = None
        self._launch = launch
        self._clock = clock
        self._listens = listens
        self._status = ""
        self._restarts = 0
        self._failures = 0
        self._starts: deque[float] = deque()
        self._deadline: float | None = None
        self._fed = 0.0
        self._ready_at = 0.0
        self._again = False

    @property
    def view(self) -> ServiceState:
        pid = self.child.pid if self.child and self.state.alive else None
        name = self.unit.name.removeprefix("hearth-")
        return ServiceState(name, self.unit.description, self.state, pid, self._restarts, self._status)

    def enable(self) -> None:
        self.state = State.LISTENING if self._listens else State.QUEUED

    def resume(self) -> None:
        """Start it if it neither runs nor is about to; what went before is forgiven."""
        if self.state in (State.STOPPED, State.FAILED, State.PAUSING):
            self._starts.clear()
            self.enable()

    def wanted(self) -> None:
        """Somebody connects to its socket."""
        if self.state is State.LISTENING:
            self.state = State.QUEUED

    def start(self) -> None:
        now = self._clock.monotonic()
        if self._too_often(now):
            self._fail("ended too often and is left alone now")
            return
        self._starts.append(now)
        self._status = ""
        self._deadline = now + self.unit.start_seconds
        self.state = State.STARTING
        try:
            self.child = self._launch(self.unit)
        except (HearthError, OSError) as error:
            self.child = None
            self._fall(f"could not be started: {error}", clean=False)
            return
        if not self.unit.notify:
            self._ready()

    def stop(self, *, again: bool = False) -> None:
        """Ask it to end; `again`: and start it afterwards."""
        self._again = again
        if self.state in (State.STARTING, State.RUNNING) and self.child:
            self.state = State.STOPPING
            self._deadline = self._clock.monotonic() + self.unit.stop_seconds
            self.child.signal_group(signal.SIGTERM)
        elif self.state is not State.STOPPING:
            self._stopped()

    def kill(self) -> None:
        """As when the power goes: at once, and it is not started again."""
        self._again = False
        if self.child and self.state.alive:
            self.child.signal_group(signal.SIGKILL)
            self.child.wait(5.0)
        self.state = State.STOPPED

    def told(self, fields: dict[str, str]) -> None:
        """A message by sd_notify(3)."""
        now = self._clock.monotonic()
        self._status = fields.get("STATUS", self._status)
        if fields.get("WATCHDOG") == "1":
            self._fed = now
        if fields.get("STOPPING") == "1" and self.state is State.RUNNING:
            # It ends by its own decision; the limit for stopping counts from now.
            self._deadline = now + self.unit.stop_seconds
        if fields.get("READY") == "1" and self.state is State.STARTING:
            self._ready()

    def tick(self) -> None:
        """Notice what time and the child have done."""
        now = self._clock.monotonic()
        if self.state.alive and self.child:
            code = self.child.poll()
            if code is not None:
                self._ended(code)
            elif self._deadline is not None and now >= self._deadline:
                self._overdue()
            elif self.state is State.RUNNING and self._starving(now):
                self.log.note(f"{self.unit.name} gave no sign of life for {self.unit.watchdog_seconds:g} s: killed")
                self.child.signal_group(signal.SIGKILL)
                self._deadline = None
                self._fed = now
        elif self.state is State.PAUSING and self._deadline is not None and now >= self._deadline:
            self._restarts += 1
            self.state = State.QUEUED

    def _ready(self) -> None:
        now = self._clock.monotonic()
        self.state, self._deadline, self._fed, self._ready_at = State.RUNNING, None, now, now

    def _starving(self, now: float) -> bool:
        return self.unit.watchdog_seconds is not None and now - self._fed > self.unit.watchdog_seconds

    def _overdue(self) -> None:
        assert self.child is not None
        what = {State.STARTING: "was not ready", State.STOPPING: "had not stopped", State.RUNNING: "had not ended"}
        self.log.note(f"{self.unit.name} {what[self.state]} in time: killed")
        self._deadline = None
        self.child.signal_group(signal.SIGKILL)

    def _ended(self, code: int) -> None:
        assert self.child is not None
        # Whatever it left behind goes with it, as systemd's KillMode=control-group has it.
        self.child.signal_group(signal.SIGKILL)
        if self.state is State.STOPPING:
            self._stopped()
        else:
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
            self._fall(f"ended with {how}", clean=code in _CLEAN and self.state is State.RUNNING)

    def _stopped(self) -> None:
        self._deadline = None
        self.state = State.STOPPED
        if self._again:
            self._again = False
            self._starts.clear()
            self.enable()

    def _fall(self, what: str, *, clean: bool) -> None:
        self.log.note(f"{self.unit.name} {what}")
        if clean and self._listens:
            self.state, self._deadline = State.LISTENING, None
            return
        now = self._clock.monotonic()
        if self.state is State.RUNNING and now - self._ready_at > self.unit.restart_max_seconds:
            self._failures = 0
        self._failures += 1
        if self.unit.restart is Restart.ALWAYS or (self.unit.restart is Restart.ON_FAILURE and not clean):
            self.state = State.PAUSING
            self._deadline = now + self.unit.pause(self._failures)
        elif clean:
            self.state, self._deadline = State.STOPPED, None
        else:
            self._fail(what)

    def _fail(self, what: str) -> None:
        self.log.note(f"{self.unit.name} {what}")
        self._status = what
        self.state, self._deadline = State.FAILED, None

    def _too_often(self, now: float) -> bool:
        window = self.unit.start_limit_seconds
        while self._starts and now - self._starts[0] > window:
            self._starts.popleft()
        return window > 0 and len(self._starts) >= self.unit.start_limit
