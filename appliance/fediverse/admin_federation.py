# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of the admin socket by which whoever runs the place deals with other servers: relays, and new keys."""

from dataclasses import dataclass
from typing import Any

from appliance.errors import HearthError
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.context import Context
from appliance.fediverse.protocol import Address, RelayEntry, Username
from appliance.fediverse.services import key_change, relays
from appliance.fediverse.services.keys import make_key_pair
from appliance.system.commands import Command, NoArguments
from appliance.system.guard import Guard


def commands(context: Context) -> list[Command[Any]]:
    admin = FederationAdmin(context)
    return [
        Command("member.new-key", Username, admin.replace_key),
        Command("relay.list", NoArguments, admin.list_relays),
        Command("relay.add", Address, admin.add_relay),
        Command("relay.remove", Address, admin.remove_relay),
    ]


@dataclass(frozen=True)
class FederationAdmin:
    context: Context

    def replace_key(self, who: Username) -> dict[str, str]:
        keys = make_key_pair()
        with self.context.database.write() as tx:
            key_change.replace(tx, self.context.urls(), who.username.strip().removeprefix("@"), keys)
        return {}

    def list_relays(self, _: NoArguments) -> list[RelayEntry]:
        with self.context.database.read() as tx:
            return [RelayEntry(relay.address, relay.state) for relay in relays.every(tx)]

    def add_relay(self, wanted: Address) -> dict[str, str]:
        """An inbox is a relay of Mastodon's form; else it is the actor of one of LitePub's."""
        context, address, actor_uri = self.context, wanted.address.strip(), None
        Guard(development=context.urls().origin.startswith("http:")).target(address)
        if not context.urls().federating:
            raise HearthError("not-federating", "The instance has no name yet.", "Give it one first.", status=409)
        if not address.endswith("/inbox"):
            actor = Resolver(context).actor(address)
            address, actor_uri = actor.shared_inbox or actor.inbox, actor.uri
        with context.database.write() as tx:
            relays.add(tx, context.urls(), address, actor_uri)
        return {}

    def remove_relay(self, which: Address) -> dict[str, str]:
        with self.context.database.write() as tx:
            relays.remove(tx, self.context.urls(), which.address.strip())
        return {}
