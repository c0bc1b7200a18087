# SPDX-License-Identifier: AGPL-3.0-or-later
"""Boxes that come to the gateway: who they are, whether they may, and SniTun's connection with them from then on.

SniTun admits whoever shows a token encrypted by a Fernet key. That key is made when the gateway starts and never leaves
it; a token is made for a box that has proved itself, and used in the same breath.
"""

import asyncio
import logging
import secrets
import ssl
from collections.abc import Callable
from datetime import timedelta

from cryptography.fernet import Fernet
from snitun.exceptions import MultiplexerTransportError, SniTunInvalidPeer
from snitun.server.listener_peer import PeerListener
from snitun.server.peer import Peer
from snitun.server.peer_manager import PeerManager
from snitun.utils.server import generate_client_token

from appliance.errors import HearthError, Refused
from appliance.gateway import wire
from appliance.gateway.limits import Doorstep, Places
from appliance.gateway.load import GuardedWriter, House, Load, WeighedReader
from appliance.gateway.members import Members
from appliance.gateway.wire import Hello, Refusal, Welcome
from appliance.secret import Secret
from appliance.system.relay import Caller, Streams

GREETING_SECONDS = 10.0
ALIVE_SECONDS = 5.0
UNKNOWN_CALLERS = 64  # at once
MAX_MESSAGE = 64 * 1024  # of SniTun's; ours are 16 KiB
_TOKEN_FOR = timedelta(minutes=1)
log = logging.getLogger(__name__)


class Admission:
    """Make it inside the loop."""

    def __init__(self, members: Members, tls: ssl.SSLContext) -> None:
        self._members = members
        self._tls = tls
        self._key = Fernet.generate_key().decode()
        self._runs: dict[str, str] = {}
        self._doorstep = Doorstep(UNKNOWN_CALLERS)
        each = members.setup.limits.tunnels
        self._tunnels = Places(each * members.setup.limits.members, each)
        self.peers = PeerManager([self._key])
        self._loads: dict[str, Load] = {}
        self._house = House()

    async def receive(self, caller: Caller) -> None:
        """Until the box is gone or turned away."""
        try:
            with self._doorstep.stand():
                streams = await caller.open(tls=self._tls, most=MAX_MESSAGE)
                async with asyncio.timeout(GREETING_SECONDS):
                    hello = wire.parse_hello(await streams[0].readuntil(b"\n"))
                epoch = await self._admit(hello)
        except HearthError as error:
            log.info("%s was turned away: %s", caller.address, error.key)
            await self._refuse(streams, Refusal(error.key, error.sentence, error.remedy))
            return
        with self._tunnels.take(hello.name) as place:
            if place:
                await self._keep(streams, hello, epoch)

    def dismiss(self, name: str) -> None:
        """End the connection of a box, if it has one."""
        if self.is_there(name):
            self._loads[name].end()

    def is_there(self, name: str) -> bool:
        return bool(self.peers.peer_available(name))

    def load(self, name: str) -> Load:
        """Of a box that is there."""
        return self._loads[name]

    async def _admit(self, hello: Hello) -> int:
        before = {member.name: member.epoch for member in self._members.all}
        member = self._members.admit(hello.name, hello.token, hello.code)
        if before.get(hello.name) == member.epoch and await self._somebody_else(hello):
            raise Refused(
                "gateway-in-use",
                f"Another box is connected as {hello.name}, with the same key.",
                "Was a card copied? Turn one of the two off.",
            )
        return member.epoch

    async def _somebody_else(self, hello: Hello) -> bool:
        """A box that was copied has its twin's token. The one that is there stays, if it is: one that lost its way
        back to us only seems to be, and must not keep itself out."""
        peer = self.peers.get_peer(hello.name)
        if peer is None or not peer.is_ready or self._runs.get(hello.name) == hello.run:
            return False
        try:
            async with asyncio.timeout(ALIVE_SECONDS):
                await peer.multiplexer.ping()
        except (TimeoutError, MultiplexerTransportError):
            return False
        return True

    async def _keep(self, streams: Streams, hello: Hello, epoch: int) -> None:
        reader, writer = streams
        key, iv = secrets.token_bytes(32), secrets.token_bytes(16)
        writer.write(wire.pack(Welcome(epoch, Secret(key.hex()), Secret(iv.hex()))))
        await writer.drain()
        self._runs[hello.name] = hello.run
        log.info("%s is here, epoch %d", hello.name, epoch)
        token = generate_client_token([self._key], _TOKEN_FOR, hello.name, key, iv)
        load = Load(hello.name, writer.transport, self._house)

        def come_in(peer: Peer) -> None:
            if hello.name in self._loads:
                self._loads[hello.name].end()
            load.multiplexer = peer.multiplexer
            self._loads[hello.name] = load

        door = _Door(self.peers, lambda: self._members.is_member(hello.name, hello.token), come_in)
        try:
            with self._house.hold(load):
                weighed = WeighedReader(reader, load), GuardedWriter(writer)
                await PeerListener(door).handle_connection(*weighed, data=token)
        finally:
            # Only visits that last longer hold it, and all that waits there.
            if self._loads.get(hello.name) is load:
                del self._loads[hello.name]
        log.info("%s has gone, epoch %d", hello.name, epoch)

    async def _refuse(self, streams: Streams, refusal: Refusal) -> None:
        _, writer = streams
        async with asyncio.timeout(GREETING_SECONDS):
            writer.write(wire.pack(refusal))
            await writer.drain()


class _Door:
    """SniTun's manager, as it is for one box that still has to prove that it has its key. It may take its time for
    that: who was removed or replaced meanwhile must not come in after all, and have visitors who are another's."""

    def __init__(self, peers: PeerManager, is_member: Callable[[], bool], come_in: Callable[[Peer], None]) -> None:
        self._peers = peers
        self._is_member = is_member
        self._come_in = come_in

    def create_peer(self, fernet_data: bytes) -> Peer:
        return self._peers.create_peer(fernet_data)

    def add_peer(self, peer: Peer) -> None:
        if not self._is_member():
            peer.multiplexer.shutdown()
            raise SniTunInvalidPeer("It is a member no longer")
        self._come_in(peer)
        self._peers.add_peer(peer)

    def remove_peer(self, peer: Peer) -> None:
        self._peers.remove_peer(peer)
