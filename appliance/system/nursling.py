# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nursling: a process forked from ours, so that what both need is in memory once, and kept alive by us.

To the service manager both are one service; between them the fork tells us what a service tells its manager, by
sd_notify(3). It is watched, ended and begun anew as a service is (`Service`), so neither takes the other along.
"""

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from appliance.errors import HearthError
from appliance.system import notify
from appliance.system.clock import Clock
from appliance.system.lifeline import Lifeline
from appliance.system.notify_socket import NotifySocket
from appliance.system.runner import Child
from appliance.system.service import Service, ServiceState, State
from appliance.system.unit_files import Restart, ServiceUnit

_START_SECONDS = 180.0
_STOP_SECONDS = 8.0
_OURS = ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "CHLD", "WINCH", "TTIN", "TTOU")


class Nursling:
    """`serve` works in the fork until SIGTERM. We hear of it at `socket`, and act when `tick` is called: often.

    `let_go` is done in the fork first: what it must not share with us.
    """

    def __init__(
        self, name: str, serve: Callable[[], None], socket: Path, clock: Clock, *, most_pause: float = 30.0
    ) -> None:
        self.let_go: list[Callable[[], None]] = []
        self._serve = serve
        self._socket = socket
        self._clock = clock
        self._listening: NotifySocket | None = None
        self._service = Service(_unit(name, most_pause), self._bear, clock, _Told(), listens=False)

    @property
    def view(self) -> ServiceState:
        return self._service.view

    def tick(self) -> None:
        """Notice what it told and how it is; begin it, the first time and whenever its pause is over."""
        if self._listening is None:
            self._listening = NotifySocket(self._socket)
            self._service.enable()
        for message in self._listening.receive():
            child = self._service.child
            if child is not None and message.session == child.pid and self._service.state.alive:
                self._service.told(message.fields)
        self._service.tick()
        if self._service.state is State.QUEUED:
            self._service.start()

    def look(self) -> None:
        """To be called before anybody reaps whatever child has ended: else nobody learns how this one did."""
        if self._service.child is not None:
            self._service.child.poll()

    def stop(self) -> None:
        """Ask it to end."""
        if self._listening is not None:
            self._service.stop()

    def end(self) -> None:
        """See it to its end, within seconds."""
        if self._listening is None:
            return
        while self._service.state.alive:
            self._clock.sleep(0.05)
            self._service.tick()
        self._listening.close()
        self._listening = None

    def _bear(self, unit: ServiceUnit) -> Child:
        return _Fork(_fork(self._serve, [*self.let_go, self._grow_up]))

    def _grow_up(self) -> None:
        os.environ["NOTIFY_SOCKET"] = os.fspath(self._socket)
        with contextlib.suppress(OSError):
            Path("/proc/self/comm").write_text(self._service.unit.name)  # what ps(1) and top(1) show


def alone(work: Callable[[], None]) -> bool:
    """Do this in a fork that ends afterwards, with all that it imported and opened, and at once if we are gone; whether
    it succeeded."""
    lifeline = Lifeline()
    try:
        return _Fork(_fork(work, [lifeline.hold])).outcome() == 0
    finally:
        lifeline.close()


class _Fork:
    """Leader of a session of its own."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            self._reap(os.WNOHANG)
        return self._code

    def wait(self, timeout: float) -> int | None:
        del timeout  # asked only of what was killed
        return self.outcome()

    def outcome(self) -> int:
        while self._code is None:
            self._reap(0)
        return self._code

    def signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _reap(self, how: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, how)
        except ChildProcessError:  # somebody else reaped it
            self._code = 1
            return
        if pid:
            self._code = os.waitstatus_to_exitcode(status)


class _Told:
    """What there is to note goes where all goes that we say."""

    def note(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


def _unit(name: str, most_pause: float) -> ServiceUnit:
    alive_every = notify.watchdog_interval()
    return ServiceUnit(
        name=name,
        description=name,
        command=(),
        user="",
        notify=True,
        requires=frozenset(),
        after=frozenset(),
        restart=Restart.ALWAYS,
        restart_seconds=min(1.0, most_pause),
        restart_steps=5,
        restart_max_seconds=most_pause,
        start_limit=8,
        start_limit_seconds=300.0,
        watchdog_seconds=2 * alive_every if alive_every is not None else None,
        start_seconds=_START_SECONDS,
        stop_seconds=_STOP_SECONDS,
        credentials=(),
        environment={},
    )


def _fork(work: Callable[[], None], first: list[Callable[[], None]]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        _live(work, first)
    return pid


def _live(work: Callable[[], None], first: list[Callable[[], None]]) -> NoReturn:
    """Nothing of our maker's is tidied up at the end."""
    code = 1
    try:
        os.setsid()
        for name in _OURS:
            signal.signal(getattr(signal, f"SIG{name}"), signal.SIG_DFL)
        for step in first:
            step()
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except HearthError as error:
        print(f"hearth: {error}", file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
