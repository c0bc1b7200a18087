# SPDX-License-Identifier: AGPL-3.0-or-later
"""What faces the internet: port 443, where a name decides where a connection goes, and port 80, which redirects."""

import asyncio
import logging

from snitun.exceptions import MultiplexerTransportError

from appliance.gateway import greeting, redirect, stream, visitor
from appliance.gateway.admission import Admission
from appliance.gateway.greeting import Greeting
from appliance.gateway.limits import Doorstep, Places
from appliance.gateway.load import VISIT
from appliance.gateway.members import Members
from appliance.system.line import Line, call, pump
from appliance.system.relay import Caller

_LOOPBACK = "127.0.0.1"
log = logging.getLogger(__name__)


class Front:
    """Make it inside the loop."""

    def __init__(self, members: Members, admission: Admission, *, as_themselves: bool) -> None:
        """`as_themselves`: visitors of this machine's own names come there by their own addresses."""
        limits = members.setup.limits
        self._members = members
        self._admission = admission
        self._as_themselves = as_themselves
        self._doorstep = Doorstep(limits.connections)
        self._visitors = Places(limits.connections, limits.per_address)
        self._member = Places(limits.connections, limits.per_member)
        self._passed = Places(limits.passed, limits.passed_per_address)

    def connections(self, name: str) -> int:
        return self._member.taken(name)

    async def https(self, caller: Caller) -> None:
        with self._doorstep.stand():
            found = await greeting.read(caller)
        if found is not None:
            await self._https(caller, found)

    async def http(self, caller: Caller) -> None:
        with self._doorstep.stand():
            reader, writer = await caller.open()
            async with asyncio.timeout(greeting.SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                names = self._members.names if len(head) <= redirect.MAX_HEAD else frozenset()
                writer.write(redirect.answer(head.removesuffix(b"\r\n\r\n"), names))
                await writer.drain()

    async def _https(self, caller: Caller, found: Greeting) -> None:
        passes = self._members.setup.passes or {}
        name, ours = found.name, passes.get("*")
        port = passes.get(name, None if name in self._members.names else ours)
        # A gateway that is a box of its own has one name for both.
        if name == self._members.setup.domain and (found.to_gateway or port is None):
            await self._admission.receive(caller)
        elif port is not None:
            with self._passed.take(_household(caller)) as place:
                if place:
                    source = visitor.source(caller.address) if self._as_themselves else None
                    await pump(caller.line(), await call(_LOOPBACK, port, source=source))
        elif self._admission.is_there(name):
            with self._visitors.take(_household(caller)) as place, self._member.take(name) as there:
                if place and there:
                    await self._visit(caller.line(), name, found.size)
        elif name:
            caller.hang_up(greeting.NOT_NOW if name in self._members.names else greeting.UNKNOWN_NAME)

    async def _visit(self, line: Line, name: str, size: int) -> None:
        load = self._admission.load(name)
        await load.room(VISIT + size)
        multiplexer = load.multiplexer
        if multiplexer is None or not multiplexer.is_connected:
            return
        try:
            channel, free = await stream.open_channel(multiplexer, line.address)
        except MultiplexerTransportError:
            return
        with load.visit(channel, self._members.bucket(name)) as visit:
            visit.line = line
            await stream.carry(multiplexer, channel, free, line, visit)


def _household(caller: Caller) -> str | None:
    """Whom to count a visitor to; behind a router that writes its own address over the senders' all have the same,
    which says nothing."""
    source = visitor.source(caller.address)
    return source if source != visitor.NOBODY else None
