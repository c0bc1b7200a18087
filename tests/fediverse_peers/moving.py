# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests.fediverse_peers.moving VERB NAME URI`, inside the world: what a member does on the page for moving.

`alias`: that account elsewhere was mine too; `move`: I am that account now.
"""

import sys

from appliance.config import from_environment
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.db.database import Tx
from appliance.fediverse.main import open_context
from appliance.fediverse.services import accounts, aliases


def main(verb: str, name: str, uri: str) -> None:
    context = open_context(from_environment())
    urls = context.urls()
    target_id = Resolver(context).account(uri)
    if verb == "move":
        Resolver(context).alias_of(uri, urls.actor(name))
    with context.database.write() as tx:
        {"alias": aliases.add, "move": aliases.move}[verb](tx, urls, _member(tx, name), target_id)


def _member(tx: Tx, name: str) -> int:
    row = accounts.find_local(tx, name)
    assert row is not None
    return int(row.id)


if __name__ == "__main__":
    main(*sys.argv[1:])
