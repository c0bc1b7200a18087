# SPDX-License-Identifier: AGPL-3.0-or-later
"""The companion: beside the web server, one asyncio process for all that takes long, and for the admin socket."""

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from appliance.config import Config
from appliance.errors import HearthError
from appliance.fediverse import admin, context
from appliance.fediverse.activitypub import instance_actor
from appliance.fediverse.companion import roster
from appliance.fediverse.companion.tasks import Task
from appliance.fediverse.context import Context
from appliance.fediverse.db import topics, upgrade
from appliance.fediverse.db.database import Database
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.usage import UsageNote
from appliance.fediverse.reach.reach import Reach
from appliance.system import notify
from appliance.system.async_net import AiohttpNet
from appliance.system.clock import SystemClock
from appliance.system.commands import CommandServer
from appliance.system.net import SystemNet
from appliance.system.nudge import Nudge, NudgeListener

LOOK_SECONDS = 0.2
FINISH_SECONDS = 5.0
GIVES_WAY = 5  # nice(1): whoever waits for a page goes before what is sent and fetched
_STATUS = sa.text("SELECT version_num FROM alembic_version")

log = logging.getLogger(__name__)


def serve(config: Config) -> None:
    """Run until SIGTERM. Raises HearthError for a development setting that makes no sense."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    os.nice(GIVES_WAY)
    clock = SystemClock(assume_trusted=config.virtual)
    database = Database(context.database_url(config), clock, nudge=Nudge(config.nudge_socket).send)
    net = SystemNet(development=config.development_origin is not None)
    try:
        asyncio.run(_run(Context(database, clock, net, config, None)))
    finally:
        database.close()


async def _run(here: Context) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    living = asyncio.create_task(_live())
    try:
        if await _database_ready(here, stop):
            name = await asyncio.to_thread(context.origin, here.config, here.database)
            secret = await asyncio.to_thread(context.media_secret, here.database)
            await _serve(replace(here, origin=name, media_secret=secret), stop)
    finally:
        notify.stopping()
        living.cancel()


async def _serve(here: Context, stop: asyncio.Event) -> None:
    config = here.config
    users = {os.getuid(), 0} | ({config.console_uid} if config.console_uid is not None else set())
    net = AiohttpNet(development=config.development_origin is not None)
    strength, usage, reach = Strength(here.clock), UsageNote(), Reach(here)
    running = roster.every(here, net, strength, usage, reach)
    listener = NudgeListener(config.nudge_socket)
    server = CommandServer(config.admin_socket, admin.commands(here, usage, strength, reach.ask), users=users)
    loop = asyncio.get_running_loop()

    def nudged() -> None:
        told = topics.read(listener.drain())
        for task in running:
            if task.topics & told:
                task.wake()

    loop.add_reader(listener.fileno(), nudged)
    server.start()
    if here.origin:  # made now, it keeps nobody waiting later
        await asyncio.to_thread(instance_actor.key_pair, here.database)
    notify.ready("Delivering." if here.origin else "Waiting for the instance's name.")
    try:
        await _until_stopped(running, stop)
    finally:
        loop.remove_reader(listener.fileno())
        server.close()
        listener.close()
        await net.close()
        await reach.close()


async def _until_stopped(wanted: Sequence[Task], stop: asyncio.Event) -> None:
    """A task that fails ends the process: the service manager starts it anew, and nothing is lost."""
    running = [asyncio.create_task(task.run(stop)) for task in wanted]
    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    _, late = await asyncio.wait(running, timeout=FINISH_SECONDS)
    for task in late:
        task.cancel()
    for result in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


async def _database_ready(here: Context, stop: asyncio.Event) -> bool:
    """The web server makes and migrates the database; false if we were stopped before it had."""
    told = False
    while not stop.is_set():
        if await asyncio.to_thread(_is_migrated, here.database):
            return True
        if not told:
            log.info("waiting for the database")
            told = True
        await asyncio.sleep(LOOK_SECONDS)
    return False


def _is_migrated(database: Database) -> bool:
    path = database.engine.url.database
    if database.engine.dialect.name == "sqlite" and not (path and os.path.exists(path)):
        return False  # opening it would make an empty one
    try:
        with database.read() as tx:
            return tx.connection.execute(_STATUS).scalar_one_or_none() == upgrade.head()
    except (sa.exc.OperationalError, sa.exc.ProgrammingError, HearthError):
        return False


async def _live() -> None:
    """Feeds the watchdog from the loop that it watches."""
    interval = notify.watchdog_interval()
    while interval is not None:
        notify.alive()
        await asyncio.sleep(interval)
