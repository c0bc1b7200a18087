# SPDX-License-Identifier: AGPL-3.0-or-later
"""A member's new key: the news of it is signed with the old one, all later things with the new."""

import asyncio
from typing import Any

from appliance.fediverse.activitypub import signatures
from appliance.fediverse.activitypub.signatures import Message
from appliance.fediverse.admin_federation import FederationAdmin
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.delivery.courier import Courier
from appliance.fediverse.protocol import Username
from appliance.fediverse.services import accounts, follows
from appliance.fediverse.services.keys import KeyPair
from appliance.fediverse.urls import Urls
from appliance.system.async_net import AsyncVirtualNet
from appliance.system.clock import VirtualClock
from appliance.system.exchange import Response
from appliance.system.net import VirtualNet
from tests.fediverse.conftest import remote_account


def test_news_of_a_new_key_come_by_the_old(
    context: Context, database: Database, anna: Any, urls: Urls, keys: KeyPair, clock: VirtualClock
) -> None:
    rita = remote_account("rita")
    with database.write() as tx:
        follows.follow(tx, urls, accounts.store_remote(tx, rita), anna.id)
    FederationAdmin(context).replace_key(Username("anna"))
    anna.toot("hello")
    net = VirtualNet({rita.inbox: Response(202)})

    async def deliver() -> None:
        courier = Courier(context, AsyncVirtualNet(net))
        for _ in range(5):
            await courier.turn()
            await courier.finish()

    asyncio.run(deliver())
    with database.read() as tx:
        new = accounts.find_local(tx, "anna").public_key  # type: ignore[union-attr]
    assert new != keys.public
    verified = []
    for request in net.asked:
        headers = {name.lower(): value for name, value in request.headers.items()}
        message = Message("POST", "/users/rita/inbox", headers, request.body)
        signature = signatures.read(message, clock.now(), "https://far.example")
        verified.append([signatures.verify(signature, key) for key in (keys.public, new)])
    # Waiting things (the Accept of rita's follow) are signed when they go; the news and then the post follow.
    assert verified == [[False, True], [True, False], [False, True]]
