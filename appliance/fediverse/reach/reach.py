# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the companion answers to who comes from outside to try something, and how it asks others to try."""

import asyncio

from appliance.fediverse.context import Context
from appliance.fediverse.protocol import ReachQuestion, ReachReport
from appliance.fediverse.reach.asker import Asker, Found
from appliance.fediverse.reach.helper import ASK, Helper
from appliance.fediverse.reach.nonces import HERE, Nonces
from appliance.system.async_net import AiohttpNet
from appliance.system.guard import Guard, is_loopback, resolve_by_version
from appliance.system.probe import SystemProber
from appliance.system.stream_server import Asked, Refusal

PREFIX = "/.well-known/hearth/"
SECONDS = 45.0  # the longest that asking others takes
_NOTHING = Refusal(404, "There is nothing here.", "text/plain")


def is_meant(path: str) -> bool:
    return path.startswith(PREFIX)


class Reach:
    """Make it inside the loop and close it there."""

    def __init__(self, context: Context) -> None:
        self._loop = asyncio.get_running_loop()
        self._nonces = Nonces(context.clock)
        found = {version: Found(resolve_by_version(version)) for version in (4, 6)}
        self._nets = {version: AiohttpNet(Guard(resolve=each)) for version, each in found.items()}
        outside = SystemProber()
        self._helper = Helper(outside, context.clock)
        self._asker = Asker(self._nonces, self._nets, SystemProber(is_loopback), outside, found)

    async def receive(self, asked: Asked) -> Refusal:
        if asked.path.startswith(HERE):
            proof = self._nonces.meet(asked.path.removeprefix(HERE), asked.scheme, asked.address)
            return Refusal(200, proof, "text/plain") if proof else _NOTHING
        if asked.path != ASK:
            return _NOTHING
        return await self._helper.answer(asked)

    def ask(self, question: ReachQuestion) -> ReachReport:
        """From another thread than the loop's. Raises BadInput."""
        return asyncio.run_coroutine_threadsafe(self._asker.ask(question), self._loop).result(SECONDS)

    async def close(self) -> None:
        for net in self._nets.values():
            await net.close()
