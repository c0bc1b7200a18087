# SPDX-License-Identifier: AGPL-3.0-or-later
"""The desk: files as the companion hands them out. In its loop a slow line keeps no thread, so on a box whoever asks
for a file is led here, and the threads of the web server are left to those who read and write.
"""

import asyncio
import re

from appliance.fediverse.context import Context
from appliance.fediverse.media import elsewhere
from appliance.fediverse.media.elsewhere import Wanted
from appliance.fediverse.media.kinds import TYPES
from appliance.fediverse.media.store import Shelf
from appliance.fediverse.media.views import HARMLESS
from appliance.system.stream_server import Asked, FileAnswer, Refusal

SECONDS = 15.0
WAITING = 64  # askers at once
_PAUSE = 0.1
_FILE = re.compile(r"/media/([0-9a-f]{2}/[0-9a-f]{30}\.[a-z0-9]{3,4})")
_ELSEWHERE = re.compile(r"/elsewhere/([a-z]{1,20})/([0-9a-f]{24})/([A-Za-z0-9_-]{1,4000})(/small)?")
_NOTHING = Refusal(404, "There is no such file.", "text/plain")


def is_meant(path: str) -> bool:
    return path.startswith(("/media/", "/elsewhere/"))


class Desk:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._waiting = 0

    async def answer(self, asked: Asked) -> FileAnswer | Refusal:
        if match := _FILE.fullmatch(asked.path):
            return await asyncio.to_thread(self._file, Shelf.FILES, match[1])
        match = _ELSEWHERE.fullmatch(asked.path)
        urls = self._context.urls(f"{asked.scheme}://{asked.host}")
        wanted = elsewhere.meant(urls, match[1], match[2], match[3], small=bool(match[4])) if match else None
        if wanted is None:
            return _NOTHING
        found = await asyncio.to_thread(elsewhere.look, self._context, wanted)
        if found is None:
            found = await self._wait(wanted)
        if isinstance(found, str):
            return await asyncio.to_thread(self._file, Shelf.KEPT, found)
        headers = HARMLESS | {"Cache-Control": "no-store"}
        if drawn := elsewhere.instead(urls, wanted):
            return Refusal(302, "", "text/plain", headers | {"Location": drawn})
        return Refusal(404 if found is False else 503, "", "text/plain", headers | {"Retry-After": "10"})

    async def _wait(self, wanted: Wanted) -> str | bool | None:
        await asyncio.to_thread(elsewhere.ask_for, self._context, wanted)
        if self._waiting >= WAITING:
            return None
        self._waiting += 1
        try:
            for _ in range(int(SECONDS / _PAUSE)):
                found = await asyncio.to_thread(elsewhere.look, self._context, wanted)
                if found is not None:
                    return found
                await asyncio.sleep(_PAUSE)
            return None
        finally:
            self._waiting -= 1

    def _file(self, shelf: Shelf, name: str) -> FileAnswer | Refusal:
        path = self._context.store.path(shelf, name)
        if path is None or not path.is_file():
            return _NOTHING
        return FileAnswer(path, HARMLESS | {"Content-Type": TYPES[name.rpartition(".")[2]]})
