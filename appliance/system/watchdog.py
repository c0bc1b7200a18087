# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watchdog: feeds the service manager only while our own web server answers."""

import http.client
import logging
import threading
from collections.abc import Callable

from appliance.system import notify

log = logging.getLogger(__name__)

TIMEOUT = 10.0
AGAIN = 6  # after a miss it waits for this part of the interval


class HttpWatchdog:
    """Asks `path` of our own listener at `bind` ("host:port") again and again, and calls `alive` when it answers 200.

    One answer that is missing is no reason to be killed: it is asked again soon, several times before the service
    manager loses its patience. Where no service manager watches, nothing is started.
    """

    def __init__(
        self,
        bind: str,
        path: str,
        *,
        interval: float | None = None,
        alive: Callable[[], None] = notify.alive,
    ) -> None:
        host, _, port = bind.rpartition(":")
        self._host, self._port, self._path = host.strip("[]") or "127.0.0.1", int(port), path
        self._interval = notify.watchdog_interval() if interval is None else interval
        self._alive = alive
        self._stop = threading.Event()

    def start(self) -> None:
        if self._interval is not None:
            threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def check(self) -> bool:
        """Whether the server answers now; feeds the watchdog if so."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT)
        try:
            connection.request("GET", self._path, headers={"Connection": "close"})
            if (status := connection.getresponse().status) == 200:
                self._alive()
                return True
            log.warning("%s answered us %d", self._path, status)
        except (OSError, http.client.HTTPException) as error:
            log.warning("%s did not answer us: %r", self._path, error)
        finally:
            connection.close()
        return False

    def _run(self) -> None:
        pause = interval = self._interval or 0.0
        while not self._stop.wait(pause):
            pause = interval if self.check() else interval / AGAIN
