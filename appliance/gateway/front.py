# SPDX-License-Identifier: AGPL-3.0-or-later
"""What faces the internet: port 443, where a name decides where a connection goes, and port 80, which redirects."""

import asyncio
import logging

from snitun.server.listener_sni import SNIProxy

from appliance.gateway import greeting, redirect
from appliance.gateway.admission import Admission
from appliance.gateway.limits import Bucket, Places
from appliance.gateway.members import Members
from appliance.system.relay import Caller, Streams, dial, pump

_LOOPBACK = "127.0.0.1"
log = logging.getLogger(__name__)


class Front:
    """Make it inside the loop."""

    def __init__(self, members: Members, admission: Admission) -> None:
        limits = members.setup.limits
        self._members = members
        self._admission = admission
        self._all = Places(limits.connections, limits.per_address)
        self._member = Places(limits.connections, limits.per_member)
        self._proxy = SNIProxy(admission.peers)

    def connections(self, name: str) -> int:
        return self._member.taken(name)

    async def https(self, caller: Caller) -> None:
        with self._all.take(caller.address) as place:
            if place:
                await self._https(caller)

    async def http(self, caller: Caller) -> None:
        with self._all.take(caller.address) as place:
            if not place:
                return
            reader, writer = await caller.open()
            async with asyncio.timeout(greeting.SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                names = self._members.names if len(head) <= redirect.MAX_HEAD else frozenset()
                writer.write(redirect.answer(head.removesuffix(b"\r\n\r\n"), names))
                await writer.drain()

    async def _https(self, caller: Caller) -> None:
        found = await greeting.read(caller)
        if found is None:
            return
        name, size = found
        passed_on = (self._members.setup.passes or {}).get(name)
        if name == self._members.setup.domain:
            await self._admission.receive(caller)
        elif passed_on is not None:
            await pump(await caller.open(), await dial(_LOOPBACK, passed_on))
        elif self._admission.is_there(name):
            with self._member.take(name) as place:
                if place:
                    await self._visit(await caller.open(), name, size)
        else:
            caller.hang_up(greeting.NOT_NOW if name in self._members.names else greeting.UNKNOWN_NAME)

    async def _visit(self, streams: Streams, name: str, size: int) -> None:
        reader, writer = streams
        bucket = self._members.bucket(name)
        hello = await reader.readexactly(size)
        await self._proxy.handle_connection(Slow(reader, bucket), SlowWriter(writer, bucket), data=hello, sni=name)


class Slow:
    """A reader as SniTun uses one, no faster than the bucket allows."""

    def __init__(self, reader: asyncio.StreamReader, bucket: Bucket) -> None:
        self._reader = reader
        self._bucket = bucket

    async def read(self, size: int) -> bytes:
        data = await self._reader.read(size)
        await self._bucket.take(len(data))
        return data


class SlowWriter:
    """A writer as SniTun uses one, no faster than the bucket allows."""

    def __init__(self, writer: asyncio.StreamWriter, bucket: Bucket) -> None:
        self._writer = writer
        self._bucket = bucket
        self._written = 0
        self.transport = writer.transport

    def write(self, data: bytes) -> None:
        self._written += len(data)
        self._writer.write(data)

    async def drain(self) -> None:
        written, self._written = self._written, 0
        await self._writer.drain()
        await self._bucket.take(written)

    def get_extra_info(self, name: str) -> object:
        return self._writer.get_extra_info(name)

    def close(self) -> None:
        self._writer.close()
