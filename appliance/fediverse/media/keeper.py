# SPDX-License-Identifier: AGPL-3.0-or-later
"""The companion's task that fetches other servers' media, a few at a time, and has pictures worked on in the cage.

Pictures are written anew like members' own. Films and sounds stay as they came, since writing them anew takes a
small board minutes; they are of a known type by their first bytes, and served so that no browser runs anything.
"""

import asyncio
import logging
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from appliance.errors import HearthError, Unavailable
from appliance.fediverse.companion.tasks import Turns
from appliance.fediverse.context import Context
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.media.kinds import ending
from appliance.fediverse.media.limits import FILM_BYTES, IMAGE_BYTES
from appliance.fediverse.media.store import Shelf, Store
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.workshop import Workshop, unfit
from appliance.fediverse.model import MediaKind, MediaPurpose
from appliance.fediverse.services import housekeeping, kept_media, server_policy
from appliance.system.async_net import AsyncNet
from appliance.system.exchange import Limits, Request
from appliance.system.guard import NetError

LOOK_SECONDS = 60.0
WEAK_SECONDS = 5.0
FETCH_SECONDS = 60.0

log = logging.getLogger(__name__)


class Keeper(Turns):
    topics = frozenset({Topic.MEDIA})

    def __init__(self, context: Context, net: AsyncNet, workshop: Workshop, strength: Strength) -> None:
        super().__init__()
        self._context = context
        self._net = net
        self._workshop = workshop
        self._strength = strength
        # Decoding takes memory, and the threads are for others as well.
        self._child = asyncio.Semaphore(1)

    async def turn(self) -> float:
        while self._strength.is_good():
            wanted = await asyncio.to_thread(self._due)
            if not wanted:
                return LOOK_SECONDS
            await asyncio.gather(*(self._fetch(row) for row in wanted))
        return WEAK_SECONDS

    def _due(self) -> list["sa.Row[Any]"]:
        with self._context.database.read() as tx:
            return kept_media.due(tx)

    async def _fetch(self, row: "sa.Row[Any]") -> None:
        store = self._context.store
        name = None
        try:
            await asyncio.to_thread(self._check, row)
            name, file = await asyncio.to_thread(store.receive)
            with file:
                limit = FILM_BYTES if row.purpose == MediaPurpose.ATTACHMENT.value else IMAGE_BYTES
                limits = Limits(size=limit, seconds=FETCH_SECONDS)
                answer = await self._net.download(Request(row.remote_url, limits=limits), file.write)
            if not answer.ok:
                raise unfit()
            async with self._child:
                await asyncio.to_thread(self._keep, row, name)
        except (HearthError, OSError) as error:
            log.info("%s could not be kept: %s", row.remote_url, error)
            await asyncio.to_thread(self._failed, row)
        except Exception:  # else the next turn, and every companion after this one, would stumble over it again
            log.exception("%s could not be kept, in a way that nobody thought of", row.remote_url)
            await asyncio.to_thread(self._failed, row)
        finally:
            await asyncio.to_thread(store.forget, name)

    def _check(self, row: "sa.Row[Any]") -> None:
        """Raises HearthError where there is no room, where we would ask ourselves, or where nothing is wanted from."""
        urls = self._context.urls()
        if urls.is_ours(row.remote_url):
            raise NetError("net-refused", "That is this server itself.")
        with self._context.database.read() as tx:
            floor = housekeeping.get(tx).free_floor
            unwanted = server_policy.rejects_media(tx, urlsplit(row.remote_url).netloc)
        if unwanted:
            raise HearthError("media-rejected", "Nothing is taken from that server.", status=404)
        if self._context.store.free_bytes() < floor:
            raise HearthError("disk-full", "There is no room for more.", status=507)

    def _keep(self, row: "sa.Row[Any]", name: str) -> None:
        store, purpose = self._context.store, MediaPurpose(row.purpose)
        upload = store.upload(name)
        if upload is None:
            raise unfit()
        if upload.file_type.kind is MediaKind.IMAGE:
            file, small = self._picture(store, name, purpose)
        elif purpose is MediaPurpose.ATTACHMENT:
            file, small = store.keep(Shelf.KEPT, store.incoming(name), ending(upload.file_type)), None
        else:
            raise unfit()
        with self._context.database.write() as tx:
            kept = kept_media.arrived(tx, row, file, small, store.size(Shelf.KEPT, file, small))
        if not kept:
            store.remove(Shelf.KEPT, file, small)

    def _picture(self, store: Store, name: str, purpose: MediaPurpose) -> tuple[str, str]:
        folder = store.workplace()
        try:
            made = self._workshop.picture(store.incoming(name), folder, purpose)
            return (
                store.keep(Shelf.KEPT, made.original, made.ending),
                store.keep(Shelf.KEPT, made.small, made.small_ending),
            )
        finally:
            store.clear(folder)

    def _failed(self, row: "sa.Row[Any]") -> None:
        """Where not even that can be noted, whoever looks next asks again."""
        try:
            with self._context.database.write() as tx:
                kept_media.failed(tx, row)
        except HearthError as error:
            raise Unavailable(error.key, error.sentence) from error
