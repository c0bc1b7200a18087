# SPDX-License-Identifier: AGPL-3.0-or-later
"""One connection: what it listens to, and what waits to be sent to it."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from appliance.fediverse.oauth.tokens import Caller
from appliance.fediverse.streaming.channels import Channel, Feed, Kind
from appliance.fediverse.urls import Urls

MAX_WAITING = 512 * 1024  # characters that a client may be behind
MAX_CHANNELS = 50
_NONE = "undefined"


@dataclass(frozen=True)
class Viewer:
    """For whom things are drawn, and under which addresses."""

    account_id: int
    urls: Urls


@dataclass(frozen=True)
class Event:
    """`payload` is JSON, or an id alone; None: there is none."""

    name: str
    payload: str | None = None


class Listener:
    """An Ear of the StreamServer. `said` is asked about what the client says; `gone` is told when it leaves."""

    def __init__(
        self,
        caller: Caller,
        viewer: Viewer,
        *,
        websocket: bool,
        said: "Callable[[Listener, str], Awaitable[None]]",
        gone: "Callable[[Listener], None]",
    ) -> None:
        self.caller = caller
        self.viewer = viewer
        self.channels: dict[Channel, tuple[Feed, ...]] = {}
        self._websocket = websocket
        self._said = said
        self._gone = gone
        self._waiting: deque[str] = deque()
        self._size = 0
        self._ended = False
        self._changed = asyncio.Event()

    def subscribe(self, channel: Channel) -> bool:
        """False if that would be too much. Asking twice changes nothing."""
        if channel not in self.channels and len(self.channels) >= MAX_CHANNELS:
            return False
        may_hear = self.caller.may("read:notifications")
        self.channels[channel] = tuple(
            feed for feed in channel.feeds if feed.kind is not Kind.NOTIFICATIONS or may_hear
        )
        return True

    def unsubscribe(self, channel: Channel) -> None:
        self.channels.pop(channel, None)

    def tell(self, channel: Channel, event: Event) -> None:
        if not self._websocket:
            data = _NONE if event.payload is None else event.payload
            self.put(f"event: {event.name}\ndata: {data}\n\n")
            return
        body: dict[str, object] = {"stream": channel.name, "event": event.name}
        if event.payload is not None:
            body["payload"] = event.payload
        self.put(json.dumps(body, ensure_ascii=False, separators=(",", ":")))

    def put(self, text: str) -> None:
        """Have a text sent. Whoever is too far behind is dropped, and asks the API when back."""
        if self._size + len(text) > MAX_WAITING:
            self.end()
            return
        self._waiting.append(text)
        self._size += len(text)
        self._changed.set()

    def end(self) -> None:
        """Close the connection; what still waits is forgotten."""
        self._ended = True
        self._waiting.clear()
        self._changed.set()

    async def next(self) -> str | None:
        while not self._waiting and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        if self._ended:
            return None
        text = self._waiting.popleft()
        self._size -= len(text)
        return text

    async def hear(self, text: str) -> None:
        await self._said(self, text)

    def left(self) -> None:
        self._gone(self)
