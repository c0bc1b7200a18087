# SPDX-License-Identifier: AGPL-3.0-or-later
"""What tests of the courier share: two inboxes, and how to let it work and see what it did."""

import asyncio
import json
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import deliveries
from appliance.fediverse.delivery.courier import Courier
from appliance.system.async_net import AsyncVirtualNet
from appliance.system.exchange import Request, Response
from appliance.system.net import VirtualNet

HERE = "http://localhost:10100"
FAR = "https://far.example/inbox"
NEAR = "https://near.example/inbox"
OK = Response(202)


def run(context: Context, net: Any, turns: int = 12) -> None:
    """Let a new courier, as after a restart, do all that can be done now."""

    async def work() -> None:
        courier = Courier(context, net if hasattr(net, "gate") else AsyncVirtualNet(net), jitter=lambda: 0.0)
        for _ in range(turns):
            await courier.turn()
            await courier.finish()

    asyncio.run(work())


def sent(net: VirtualNet, inbox: str) -> list[int]:
    return [json.loads(request.body)["number"] for request in net.asked if request.url == inbox]


def waiting(database: Database) -> list[Any]:
    with database.read() as tx:
        return tx.all(sa.select(deliveries).order_by(deliveries.c.id))


class Gate:
    """A net where every request waits, to see how many are under way at once."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.now: list[str] = []
        self.most: dict[str, int] = {}

    async def fetch(self, request: Request) -> Response:
        host = request.url.split("/")[2]
        self.now.append(host)
        for name in (host, ""):
            count = len(self.now) if not name else self.now.count(name)
            self.most[name] = max(self.most.get(name, 0), count)
        await self.gate.wait()
        self.now.remove(host)
        return OK
