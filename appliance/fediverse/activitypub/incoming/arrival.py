# SPDX-License-Identifier: AGPL-3.0-or-later
"""Arrival: one activity at our door, with its proven sender and whatever handling it needs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from appliance.errors import Refused
from appliance.fediverse.activitypub import known, reading
from appliance.fediverse.activitypub.activity import Activity
from appliance.fediverse.activitypub.documents import Document, Row
from appliance.fediverse.activitypub.fetch import SECONDS_IN_INBOX, Fetcher
from appliance.fediverse.activitypub.reading import unfit
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.activitypub.sender import Doorkeeper
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.urls import Urls

Apply = Callable[[Tx], object]


@dataclass(frozen=True)
class Arrival:
    context: Context
    urls: Urls
    doorkeeper: Doorkeeper
    sender: Row
    activity: Activity
    followed: bool = False  # whether a member followed the sender a moment ago

    def member(self, tx: Tx, uri: str | None) -> Row:
        """The member with this URI. Raises BadInput bad-document."""
        row = known.local_account(tx, self.urls, uri)
        if row is None:
            raise unfit(f"There is no such account at {self.urls.host}.")
        return row

    def require_own(self, uri: str | None, sentence: str) -> None:
        """Raises Refused when what has this URI cannot be the sender's."""
        if uri is not None and not reading.same_origin(uri, self.sender.uri):
            raise Refused("not-yours", sentence)

    def fetch(self, uri: str) -> Document:
        """Ask the sender's server. Raises HearthError."""
        here = self.context
        with self.doorkeeper.asking():
            return Fetcher(here.net, here.database, here.clock, self.urls, seconds=SECONDS_IN_INBOX).document(uri)

    @contextmanager
    def resolver(self) -> Iterator[Resolver]:
        """To ask any server. Raises Unavailable when too many are being asked."""
        with self.doorkeeper.asking():
            yield Resolver(self.context, seconds=SECONDS_IN_INBOX)


Handler = Callable[[Arrival], Apply | None]
