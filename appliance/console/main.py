# SPDX-License-Identifier: AGPL-3.0-or-later
"""The console's process: gunicorn on the socket it is handed, gone when nobody uses it."""

import os
import signal
from pathlib import Path
from typing import Any

from appliance.config import Config
from appliance.console.activity import Activity
from appliance.console.app import create_app
from appliance.errors import HearthError
from appliance.fediverse.client import InstanceClient
from appliance.secret import Secret
from appliance.supervisor.client import SupervisorClient
from appliance.system import notify
from appliance.system.clock import SystemClock
from appliance.system.files import Files, SystemFiles
from appliance.system.patience import PatientWorker
from appliance.system.web_server import WebServer

IDLE_SECONDS = 300.0
_FIRST = ("login.html", "claim.html", "base.html", "waiting_base.html")
_KEY_BYTES = 16  # fewer would be guessable


def serve(config: Config) -> None:
    """Answer on `config.console_bind` until stopped or idle. Raises HearthError no-session-key."""
    app = create_app(
        SupervisorClient(config.supervisor_socket),
        # The console starts first: who is quick with the wizard waits for the server.
        InstanceClient(config.admin_socket, patience=60.0),
        session_key(SystemFiles(), os.environ.get("CREDENTIALS_DIRECTORY", "")),
        SystemClock(),
        panel_url=config.panel_url,
    )
    # Read once, however many ask for the first page at once while the box starts.
    for name in ("design/macros.html", *(f"console/{each}" for each in _FIRST)):
        app.jinja_env.get_template(name)
    WebServer(
        app,
        config.console_bind,
        status="The owner's pages are open.",
        behind_proxy=config.behind_proxy,
        workers=1,
        threads=8,
        worker_class=Worker,
        graceful_timeout=3,
        keepalive=5,
        proc_name="hearth-console",
    ).run()


def session_key(files: Files, folder: str) -> Secret:
    """The key that signs the session cookies, handed over as a credential (systemd.exec(5), LoadCredential=)."""
    try:
        key = files.read(Path(folder or "/nonexistent") / "console-session-key", limit=4096).decode().strip()
    except (OSError, UnicodeDecodeError):
        key = ""
    if len(key) < _KEY_BYTES:
        raise HearthError(
            "no-session-key",
            "The console was not handed its session key.",
            "The supervisor makes it when it starts; start the supervisor first.",
            status=500,
        )
    return Secret(key)


class Worker(PatientWorker):
    """Feeds the watchdog from the very loop that serves, and ends the console when nobody needs it."""

    def init_process(self) -> None:
        self._clock = SystemClock()
        self._interval = notify.watchdog_interval()
        self._fed = 0.0
        self._leaving = False
        super().init_process()

    def notify(self) -> None:
        super().notify()
        now = self._clock.monotonic()
        if self._interval is not None and now - self._fed >= min(self._interval, 10.0):
            self._fed = now
            notify.alive()
        activity = _activity(self.wsgi)
        # Whoever handed over the socket listens on it from now on, and starts the console again.
        if not self._leaving and self.cfg.bind[0].startswith("fd://") and activity.idle_seconds() > IDLE_SECONDS:
            self._leaving = True
            os.kill(self.ppid, signal.SIGTERM)


def _activity(app: Any) -> Activity:
    activity: Activity = app.extensions["hearth-console"].activity
    return activity
