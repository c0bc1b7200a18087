# SPDX-License-Identifier: AGPL-3.0-or-later
"""The web server of a process: gunicorn around one WSGI app, its workers gone when it goes."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from werkzeug.middleware.proxy_fix import ProxyFix

from appliance.system import notify
from appliance.system.guests import Guests
from appliance.system.lifeline import Lifeline
from appliance.system.nursling import Nursling
from appliance.system.patience import PatientWorker


class WebServer(BaseApplication):
    """`run()` answers on `bind` until the process is told to stop; `settings` are gunicorn's own.

    The app is loaded before the workers are forked, so what it imported is shared between them. `ready` is called
    once in the parent, right before the first fork; `status` is what the service manager shows from then on.
    With `behind_proxy` the asker's address and scheme are those that the last proxy vouches for (X-Forwarded-For and
    X-Forwarded-Proto, whose last entries Caddy writes itself); without it such headers are nobody's word. `beside` is
    forked from the same process and kept alive with the workers.
    """

    def __init__(
        self,
        app: Flask,
        bind: str,
        *,
        status: str,
        behind_proxy: bool,
        ready: Callable[[], None] = lambda: None,
        beside: Nursling | None = None,
        **settings: Any,
    ) -> None:
        if behind_proxy:
            app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
        self._app = app
        self._status = status
        self._beside = beside
        self._call_when_ready = ready
        self._lifeline = Lifeline()
        self.guests = Guests()
        self._settings: dict[str, Any] = {
            "bind": bind,
            "worker_class": PatientWorker,
            "preload_app": True,
            "timeout": 60,
            "limit_request_line": 4094,
            "loglevel": "warning",
            # Newer gunicorns open a control socket unless told not to.
            "control_socket_disable": True,
            **settings,
            "when_ready": self._ready,
            "post_fork": self._in_worker,
            "child_exit": self._worker_gone,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            if name in self.cfg.settings:  # Debian's gunicorn is older and does not know all
                self.cfg.set(name, value)

    def run(self) -> None:
        _Master(self, self._beside, self._lifeline).run()

    def load(self) -> Any:
        return self._app

    def _ready(self, _arbiter: Any) -> None:
        self._call_when_ready()
        notify.ready(self._status)

    def _in_worker(self, _arbiter: Any, _worker: Any) -> None:
        self._lifeline.hold()

    def _worker_gone(self, _arbiter: Any, worker: Any) -> None:
        self.guests.gone(worker.age)


class _Master(Arbiter):
    """gunicorn's own, with one more process to look after."""

    def __init__(self, app: WebServer, beside: Nursling | None, lifeline: Lifeline) -> None:
        super().__init__(app)
        self._beside = beside
        if beside is not None:
            beside.let_go += [self._close_listeners, lifeline.hold]

    def manage_workers(self) -> None:
        """Called about every second, and when a child has ended."""
        super().manage_workers()
        if self._beside is not None:
            self._beside.tick()

    def reap_workers(self) -> None:
        if self._beside is not None:
            self._beside.look()
        super().reap_workers()

    def stop(self, graceful: bool = True) -> None:
        if self._beside is not None:
            self._beside.stop()
        super().stop(graceful)
        if self._beside is not None:
            self._beside.end()

    def _close_listeners(self) -> None:
        for listener in self.LISTENERS:
            listener.close()
