# SPDX-License-Identifier: AGPL-3.0-or-later
"""Relays: servers that hand on public posts of many others, ours among them. The owner chooses them.

There are two forms. Of Mastodon's, only the inbox is known, and what is followed there is the public itself; LitePub's
has an actor that is followed and follows back.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import relays
from appliance.fediverse.model import RelayState
from appliance.fediverse.urls import Urls

_INBOX = relays.c.inbox == sa.bindparam("address")
_ACTOR = relays.c.actor_uri == sa.bindparam("address")
_HOME = relays.c.inbox.startswith(sa.bindparam("home"))


@dataclass(frozen=True)
class Relay:
    id: int
    inbox: str
    actor_uri: str | None
    state: RelayState

    @property
    def address(self) -> str:
        """What it is called by whoever chose it."""
        return self.actor_uri or self.inbox


def add(tx: Tx, urls: Urls, inbox: str, actor_uri: str | None = None) -> None:
    """Ask to be let in. Asking again asks again."""
    known = tx.one(sa.select(relays).where(_INBOX), {"address": inbox})
    if known is not None:
        _forget(tx, urls, _relay(known))
    relay_id = tx.next_id()
    state = RelayState.PENDING.value
    tx.execute(
        sa.insert(relays).values(id=relay_id, inbox=inbox, actor_uri=actor_uri, state=state, created_at=tx.now_ms)
    )
    outgoing.relay_wanted(tx, urls, relay_id)


def remove(tx: Tx, urls: Urls, address: str) -> None:
    """By inbox or actor. Raises HearthError unknown-relay."""
    found = tx.all(sa.select(relays).where(sa.or_(_INBOX, _ACTOR)), {"address": address})
    if not found:
        raise HearthError("unknown-relay", "There is no such relay.", "See `hearth instance relay list`.", status=404)
    for row in found:
        _forget(tx, urls, _relay(row))


def every(tx: Tx) -> list[Relay]:
    return [_relay(row) for row in tx.all(sa.select(relays).order_by(relays.c.id))]


def of_origin(tx: Tx, origin: str) -> Relay | None:
    """The relay at this origin (scheme and host) that let us in."""
    accepted = relays.c.state == RelayState.ACCEPTED.value
    row = tx.execute(sa.select(relays).where(_HOME, accepted).limit(1), {"home": f"{origin}/"}).first()
    return None if row is None else _relay(row)


def answered(tx: Tx, relay_id: int, origin: str, *, accepted: bool) -> None:
    """Only the relay itself can answer what it was asked."""
    state = RelayState.ACCEPTED if accepted else RelayState.REJECTED
    mine = sa.and_(relays.c.id == relay_id, _HOME)
    tx.execute(sa.update(relays).where(mine).values(state=state.value), {"home": f"{origin}/"})


def _forget(tx: Tx, urls: Urls, relay: Relay) -> None:
    outgoing.relay_left(tx, urls, relay.id)
    tx.execute(sa.delete(relays).where(relays.c.id == relay.id))


def _relay(row: "sa.Row[tuple[object, ...]]") -> Relay:
    return Relay(row.id, row.inbox, row.actor_uri, RelayState(row.state))
