# SPDX-License-Identifier: AGPL-3.0-or-later
"""The instance: its database is brought up to date, then gunicorn answers, and the companion works beside it.

They are one service, forked from one process, since each needs nearly all that the other does: apart they took half as
much memory again.
"""

import gc
import logging
import os
import sys

from flask import Flask

from appliance.config import Config
from appliance.fediverse.app import create_app
from appliance.fediverse.companion import main as companion
from appliance.fediverse.context import Context, database_url, media_secret, origin
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.upgrade import upgrade
from appliance.fediverse.services import push_keys
from appliance.system.clock import SystemClock
from appliance.system.files import SystemFiles
from appliance.system.net import SystemNet
from appliance.system.nudge import Nudge
from appliance.system.nursling import Nursling, alone
from appliance.system.runner import SystemRunner
from appliance.system.watchdog import HttpWatchdog
from appliance.system.web_server import WebServer

WORKERS = 2
THREADS = 4
_USUAL = ("/", "/health", "/api/v2/instance", "/api/v1/timelines/public?limit=1", "/nodeinfo/2.1")


def serve(config: Config) -> None:
    """Answer on `config.fediverse_bind` until stopped. Exits with 1 when the database can't be brought up to date."""
    os.umask(0o077)  # the database holds keys
    # Apart, since what a migration needs is heavy.
    if not alone(lambda: upgrade(database_url(config), SystemFiles(), SystemRunner(), config.fediverse_state)):
        sys.exit(1)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")

    def ready() -> None:
        _share()
        HttpWatchdog(config.fediverse_bind, "/health").start()

    context = open_context(config)
    app = create_app(context)
    _warm(app, context)
    WebServer(
        app,
        config.fediverse_bind,
        status="Members, apps and other servers are answered.",
        behind_proxy=config.behind_proxy,
        ready=ready,
        beside=Nursling("companion", lambda: companion.serve(config), config.nursery_socket, SystemClock()),
        workers=WORKERS,
        threads=THREADS,
        graceful_timeout=10,
        keepalive=30,
        limit_request_fields=64,
        limit_request_field_size=8190,
        proc_name="hearth-fediverse",
    ).run()


def open_context(config: Config) -> Context:
    """The real doors. No connection to the database is left open, so that none crosses a fork."""
    clock = SystemClock(assume_trusted=config.virtual)
    database = Database(database_url(config), clock, nudge=Nudge(config.nudge_socket).send)
    try:
        name, secret = origin(config, database), media_secret(database)
        push_keys.ensure(database)
    finally:
        database.close()
    return Context(database, clock, SystemNet(development=config.development_origin is not None), config, name, secret)


def _warm(app: Flask, context: Context) -> None:
    """What the first answers have to import, compile and look up is in memory once if it is done before the fork."""
    asker = app.test_client()
    for path in _USUAL:
        asker.get(path).close()
    context.database.close()  # again, so that no connection crosses it


def _share() -> None:
    """What exists now is shared by all workers, as long as the collector leaves its pages alone."""
    gc.collect()
    gc.freeze()
