# SPDX-License-Identifier: AGPL-3.0-or-later
"""The gateway's process: two listeners, and a socket for the commands of whoever runs it (`hearth gateway …`)."""

import asyncio
import logging
import os
import signal
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from appliance.errors import HearthError
from appliance.gateway import visitor
from appliance.gateway.admission import Admission
from appliance.gateway.front import Front
from appliance.gateway.members import Members, Seen
from appliance.secret import Secret
from appliance.system import notify
from appliance.system.clock import SystemClock
from appliance.system.commands import Command, CommandServer, Key, NoArguments
from appliance.system.files import Lock, SystemFiles
from appliance.system.line import may_be_others
from appliance.system.relay import Listener

COMMAND_SECONDS = 20.0

A = TypeVar("A")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Invite:
    """`replace`: although there is a box of that name, whose place is to be taken."""

    name: str
    replace: bool = False


@dataclass(frozen=True)
class Invited:
    name: str
    invitation: Secret


def serve(folder: Path, socket: Path) -> None:
    """Run until told to stop. Raises HearthError when that can't be."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # SniTun tells of every stranger who says something silly.
    logging.getLogger("snitun").setLevel(logging.ERROR)
    lock = Lock(folder / "lock") if folder.is_dir() else None
    try:
        members = Members(folder, SystemFiles(), SystemClock())
        asyncio.run(Gateway(members, socket).run())
    finally:
        if lock is not None:
            lock.release()


class Gateway:
    """Make it inside the loop, or let `run` be the first that uses one."""

    def __init__(self, members: Members, socket: Path) -> None:
        self._members = members
        self._socket = socket

    async def run(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self.start()
        notify.ready(f"Open for {len(self._members.names)} members below {self._members.setup.domain}.")
        interval = notify.watchdog_interval()
        try:
            while not stop.is_set():
                try:
                    async with asyncio.timeout(interval):
                        await stop.wait()
                except TimeoutError:
                    notify.alive()
        finally:
            notify.stopping()
            await self.close()

    async def start(self) -> None:
        """Raises HearthError port-taken, no-other-names."""
        setup = self._members.setup
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.minimum_version = ssl.TLSVersion.TLSv1_3
        tls.load_cert_chain(self._members.identity)
        self._admission = Admission(self._members, tls)
        others = bool(setup.passes) and await may_be_others(visitor.NOBODY)
        if not others and "*" in (setup.passes or {}):
            # A box's own server would take all visitors for one; started again, this is tried again.
            raise HearthError(
                "no-other-names",
                "This box can't hand visitors on to its own web server by their own addresses yet.",
                "Is hearth-tunnel-routes.service active?",
                status=500,
            )
        if setup.passes and not others:
            log.warning("visitors of this machine's own names come by its own address")
        self._front = Front(self._members, self._admission, as_themselves=others)
        self.https = Listener(setup.address, setup.https_port, self._front.https)
        self._listeners = [self.https]
        if setup.http_port is not None:
            self.http = Listener(setup.address, setup.http_port, self._front.http)
            self._listeners.append(self.http)
        self._running = [asyncio.create_task(listener.run()) for listener in self._listeners]
        self._commands = CommandServer(self._socket, self._list_commands(), users={0, os.geteuid()})
        self._commands.start()

    async def close(self) -> None:
        self._commands.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._admission.peers.close_connections(timeout=2)
        for listener in self._listeners:
            await listener.close()

    def _list_commands(self) -> list[Command[Any]]:
        loop = asyncio.get_running_loop()

        def looped(handle: Callable[[A], object]) -> Callable[[A], object]:
            async def call(asked: A) -> object:
                return handle(asked)

            return lambda asked: asyncio.run_coroutine_threadsafe(call(asked), loop).result(COMMAND_SECONDS)

        return [
            Command("gateway.invite", Invite, looped(self._invite)),
            Command("gateway.list", NoArguments, looped(lambda _: self._list())),
            Command("gateway.remove", Key, looped(self._remove)),
        ]

    def _invite(self, asked: Invite) -> Invited:
        invitation = self._members.invite(asked.name, replace=asked.replace)
        return Invited(invitation.name, invitation.text())

    def _list(self) -> list[Seen]:
        return [
            Seen(
                name=member.name,
                epoch=member.epoch,
                since=member.since,
                invited_until=member.pending.until if member.pending else "",
                connected=self._admission.is_there(member.name),
                connections=self._front.connections(member.name),
                bytes=self._members.bucket(member.name).total,
            )
            for member in self._members.all
        ]

    def _remove(self, asked: Key) -> dict[str, str]:
        name = self._members.remove(asked.key)
        self._admission.dismiss(name)
        return {"name": name}
