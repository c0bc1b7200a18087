# SPDX-License-Identifier: AGPL-3.0-or-later
"""The companion's part of streaming that answers clients; the hub is the other."""

import asyncio

from appliance.fediverse.context import Context
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.reach.helper import ASK
from appliance.fediverse.reach.reach import Reach
from appliance.fediverse.streaming.gate import Gate
from appliance.fediverse.streaming.hub import Hub
from appliance.system.stream_server import StreamServer


class StreamTask:
    topics: frozenset[Topic] = frozenset()

    def __init__(self, context: Context, hub: Hub, reach: Reach) -> None:
        self._config = context.config
        self._gate = Gate(context, hub, reach)

    def wake(self) -> None:
        """Nothing wakes it."""

    async def run(self, stop: asyncio.Event) -> None:
        config = self._config
        server = StreamServer(config.streaming_bind, self._gate.receive, behind_proxy=config.behind_proxy, posts=(ASK,))
        await server.start()
        try:
            await stop.wait()
        finally:
            await server.close()
