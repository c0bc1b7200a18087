# SPDX-License-Identifier: AGPL-3.0-or-later
"""A worker of gunicorn's that waits for nobody for long. Each thread serves one request, so whoever sends theirs byte
by byte would otherwise keep a thread for as long as they like, and a handful of them the whole server."""

import contextlib
import math
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from appliance.system import heap
from appliance.system.guests import Guests

HEAD_SECONDS = 5.0
BODY_SECONDS = 20.0  # a megabyte over a slow line
QUIET_SECONDS = 2.0  # after the last answer; then memory is given back
_LOOK_SECONDS = 0.5
_STEP_ASIDE_SECONDS = 0.003
_WAIT = "hearth.wait"


def wait(environ: Mapping[str, Any], seconds: float) -> None:
    """Let the body of the request with this WSGI environment take so long from now on. Elsewhere nothing happens."""
    environ.get(_WAIT, lambda _: None)(seconds)


class _Told:
    """A WSGI app that finds in each request's environment by what to ask for more time; else it is the app."""

    def __init__(self, app: Any, ask: Callable[[float], None]) -> None:
        self._app = app
        self._ask = ask

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ[_WAIT] = self._ask
        return self._app(environ, start_response)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)


class PatientWorker(ThreadWorker):
    """What has not arrived in time never will: the reading half of the connection is closed, the writing half stays.
    An app with `guests` has its visitors shared between its workers."""

    def init_process(self) -> None:
        self._deadlines: dict[Any, float] = {}
        self._serving = threading.local()
        self._served_at: float | None = None
        self._looked_at = -math.inf
        self._guests: Guests | None = getattr(self.app, "guests", None)
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Any = _Told(self.wsgi, self._wait)

    def _wait(self, seconds: float) -> None:
        self._deadlines[self._serving.conn] = time.monotonic() + seconds

    def accept(self, *where: Any) -> Any:
        """All workers hear of a visitor at once, and whoever is first keeps them for as long as they stay. So who has
        more than another waits a moment, or one worker would have much to do and another nothing."""
        self._count()
        if self._guests is not None and not self._guests.fewest(self.age):
            time.sleep(_STEP_ASIDE_SECONDS)
        result = super().accept(*where)
        self._count()
        return result

    def _count(self) -> None:
        if self._guests is not None:
            self._guests.set(self.age, self.nr_conns)

    def handle(self, conn: Any) -> Any:
        self._deadlines[conn] = time.monotonic() + HEAD_SECONDS
        try:
            return super().handle(conn)
        finally:
            self._deadlines.pop(conn, None)
            self._served_at = time.monotonic()

    def handle_request(self, req: Any, conn: Any) -> Any:
        self._deadlines[conn] = time.monotonic() + BODY_SECONDS
        self._serving.conn = conn
        return super().handle_request(req, conn)

    def notify(self) -> None:
        """Called by the worker's loop about once a second, and by newer gunicorns for each request, for which it is too
        dear: the master is told by a change of a file."""
        self._count()
        now = time.monotonic()
        if now < self._looked_at + _LOOK_SECONDS:
            return
        self._looked_at = now
        super().notify()
        for conn, deadline in list(self._deadlines.items()):
            if now > deadline:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)
        if self._served_at is not None and not self._deadlines and now > self._served_at + QUIET_SECONDS:
            self._served_at = None
            heap.give_back()
