# SPDX-License-Identifier: AGPL-3.0-or-later
"""The fediverse server's process: brings the database up to date, then lets gunicorn answer."""

import gc
import logging
import os
import sys
from typing import Any

import flask
from gunicorn.app.base import BaseApplication

from appliance.config import Config
from appliance.fediverse.app import create_app
from appliance.fediverse.context import Context, database_url, origin
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.upgrade import upgrade
from appliance.system.clock import SystemClock
from appliance.system.files import SystemFiles
from appliance.system.lifeline import Lifeline
from appliance.system.net import SystemNet
from appliance.system.nudge import Nudge
from appliance.system.patience import PatientWorker
from appliance.system.watchdog import HttpWatchdog

WORKERS = 2
THREADS = 4


def serve(config: Config) -> None:
    """Answer on `config.fediverse_bind` until stopped. Raises HearthError when the database can't be brought up."""
    os.umask(0o077)  # the database holds keys
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    upgrade(database_url(config), SystemFiles())
    _Gunicorn(create_app(open_context(config)), config.fediverse_bind).run()


def open_context(config: Config) -> Context:
    """The real doors. No connection to the database is left open, so that none crosses a fork."""
    clock = SystemClock(assume_trusted=config.virtual)
    database = Database(database_url(config), clock, nudge=Nudge(config.nudge_socket).send)
    try:
        name = origin(config, database)
    finally:
        database.close()
    return Context(database, clock, SystemNet(development=config.development_origin is not None), config, name)


class _Gunicorn(BaseApplication):
    def __init__(self, app: flask.Flask, bind: str) -> None:
        self._app = app
        self._bind = bind
        self._lifeline = Lifeline()
        super().__init__()

    def load_config(self) -> None:
        wanted: dict[str, Any] = {
            "bind": self._bind,
            "workers": WORKERS,
            "threads": THREADS,
            "worker_class": PatientWorker,
            "preload_app": True,
            "timeout": 60,
            "graceful_timeout": 10,
            "keepalive": 30,
            "limit_request_line": 4094,
            "limit_request_fields": 64,
            "limit_request_field_size": 8190,
            "loglevel": "warning",
            "proc_name": "hearth-fediverse",
            "when_ready": self._ready,
            "post_fork": self._in_worker,
            # Newer gunicorns open a control socket unless told not to.
            "control_socket_disable": True,
        }
        for name, value in wanted.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        return self._app

    def _in_worker(self, _arbiter: Any, _worker: Any) -> None:
        self._lifeline.hold()

    def _ready(self, _arbiter: Any) -> None:
        # What exists now is shared by all workers, as long as the collector leaves its pages alone.
        gc.collect()
        gc.freeze()
        HttpWatchdog(self._bind, "/health").start()
