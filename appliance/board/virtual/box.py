# SPDX-License-Identifier: AGPL-3.0-or-later
"""Machine and services together: what happens to the services when the power comes and goes."""

import threading
from collections.abc import Callable

from appliance.board.virtual.machine import Machine
from appliance.errors import HearthError
from appliance.system.clock import Clock
from appliance.system.service import ServiceState
from appliance.system.service_log import LogLine
from appliance.system.services import ServiceManager

# A board needs a moment without power before it comes up again.
_DARK_SECONDS = 0.5


class VirtualBox:
    """One virtual box. `boot` makes the service manager for one stretch of power; it may raise HearthError."""

    def __init__(self, machine: Machine, boot: Callable[[Callable[[], None]], ServiceManager], clock: Clock) -> None:
        self.machine = machine
        self._boot = boot
        self._clock = clock
        self._switch = threading.RLock()
        self._manager: ServiceManager | None = None
        # Its logs can still be read when the power has gone.
        self._last: ServiceManager | None = None

    def plug_in(self) -> None:
        """Plug the cable in: the box starts. Nothing happens if it runs."""
        with self._switch:
            self.machine.plug_cable()
            if not self.machine.state().powered:
                self._start()

    def pull_plug(self) -> None:
        """The power goes at once: no service is asked first, not even one that is just being stopped in order."""
        self.machine.pull_cable()
        if self._manager is not None:
            self._manager.kill()
        with self._switch:
            self._lose_manager(lambda manager: manager.kill())

    def shut_down(self) -> None:
        """Stop every service in order, then cut the power; the cable stays in."""
        with self._switch:
            self._lose_manager(lambda manager: manager.stop())
            self.machine.power_off()

    def restart(self) -> None:
        with self._switch:
            self.shut_down()
            self._clock.sleep(_DARK_SECONDS)
            if self.machine.state().cable:
                self._start()

    def soon(self, act: Callable[[], None]) -> None:
        """Do it after having answered the asker, who will be stopped by it."""
        threading.Thread(target=act, name="power", daemon=True).start()

    def services(self) -> tuple[ServiceState, ...]:
        manager = self._manager
        return manager.states() if manager is not None else ()

    def logs(self, name: str = "", lines: int = 100) -> list[LogLine]:
        return self._last.logs(name, lines) if self._last is not None else []

    def manager(self) -> ServiceManager:
        """Who starts and stops single services. Raises HearthError no-power."""
        manager = self._manager
        if manager is None:
            raise HearthError("no-power", "The box is off.", "Plug it in.", status=409)
        return manager

    def _lose_manager(self, end: Callable[[ServiceManager], object]) -> None:
        if self._manager is not None:
            end(self._manager)
        self._manager = None

    def _start(self) -> None:
        self.machine.power_on()
        try:
            manager = self._boot(self.machine.note_change)
        except BaseException:
            self.machine.power_off()
            raise
        self._manager = self._last = manager
        manager.start()
