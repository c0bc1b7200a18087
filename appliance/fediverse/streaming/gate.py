# SPDX-License-Identifier: AGPL-3.0-or-later
"""The gate: who may listen to what. Every stream needs a member's token; files are handed out by the desk, and who
tries whether the server can be reached is led on as well.

Whoever is kept out by address is kept out here too. Streams are counted as requests are; files are not, since a page
asks for dozens of them, but each address gets a few at once only (StreamServer).
"""

import asyncio
import json
from collections.abc import Mapping

from appliance.errors import HearthError, Unavailable
from appliance.fediverse.barred import Barred
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.media.desk import Desk, is_meant
from appliance.fediverse.oauth import tokens
from appliance.fediverse.oauth.tokens import Caller
from appliance.fediverse.rate_limits import RateLimits, bearer
from appliance.fediverse.reach import reach
from appliance.fediverse.reach.reach import Reach
from appliance.fediverse.services import lists
from appliance.fediverse.streaming import channels
from appliance.fediverse.streaming.channels import HEALTH, PREFIX, Channel, Kind, UnknownStream
from appliance.fediverse.streaming.hub import Hub
from appliance.fediverse.streaming.listener import Listener, Viewer
from appliance.system.stream_server import Asked, FileAnswer, Refusal

MAX_SAID = 200  # messages that a client may send in one connection


class _Refused(Exception):
    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Gate:
    """`receive` is what the StreamServer asks."""

    def __init__(self, context: Context, hub: Hub, reach: Reach | None = None) -> None:
        self._context = context
        self._reach = reach
        self._hub = hub
        self._desk = Desk(context)
        self._said: dict[Listener, int] = {}
        self._barred = Barred(context)
        self._limits = RateLimits(context.clock)

    async def receive(self, asked: Asked) -> Listener | Refusal | FileAnswer:
        if await asyncio.to_thread(self._barred.is_barred, asked.address):
            return Refusal(403, "Forbidden\n", "text/plain")
        if is_meant(asked.path):
            return await self._desk.answer(asked)
        if self._reach is not None and reach.is_meant(asked.path):
            return await self._reach.receive(asked)
        if asked.path == HEALTH:
            return Refusal(200, "OK", "text/plain")
        standing = self._limits.count(asked.address, _token(asked))
        if standing.left < 0:
            return _refusal(429, "Too many requests", dict(standing.headers()))
        try:
            if asked.path != PREFIX and not asked.path.startswith(f"{PREFIX}/"):
                raise _Refused(404, "Not found")
            channel = _channel(asked)
            caller = await asyncio.to_thread(self._admit, asked, channel)
        except UnknownStream as error:
            return _refusal(400, error.sentence)
        except _Refused as error:
            if error.status == 401 and _token(asked):
                self._limits.note_refused_token(asked.address)
            return _refusal(error.status, error.sentence)
        if caller.account_id is None:
            raise AssertionError("apps of nobody are not admitted")
        urls = self._context.urls(f"{asked.scheme}://{asked.host}")
        viewer = Viewer(caller.account_id, urls)
        listener = Listener(caller, viewer, websocket=asked.websocket, said=self._hear, gone=self._leave)
        if channel is not None:
            listener.subscribe(channel)
        try:
            await self._hub.join(listener)
        except Unavailable as error:
            return _refusal(429, error.sentence)
        return listener

    async def _hear(self, listener: Listener, text: str) -> None:
        """What is no JSON object, or says nothing that we know, is passed over, as in Mastodon."""
        said = self._said[listener] = self._said.get(listener, 0) + 1
        if said > MAX_SAID:
            listener.end()
            return
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict) or message.get("type") not in ("subscribe", "unsubscribe"):
            return
        given = {name: str(value) for name, value in message.items() if isinstance(value, (str, int))}
        try:
            channel = channels.named(given.get("stream", ""), given)
            if message["type"] == "unsubscribe":
                listener.unsubscribe(channel)
                return
            await asyncio.to_thread(self._check, listener.caller, channel)
            if not listener.subscribe(channel):
                raise _Refused(429, "Too many subscriptions")
        except UnknownStream as error:
            listener.put(_words(400, error.sentence))
        except _Refused as error:
            listener.put(_words(error.status, error.sentence))

    def _leave(self, listener: Listener) -> None:
        self._said.pop(listener, None)
        self._hub.leave(listener)

    def _admit(self, asked: Asked, channel: Channel | None) -> Caller:
        token = _token(asked)
        if not token:
            raise _Refused(401, "Missing access token")
        with self._context.database.read() as tx:
            try:
                caller = tokens.find(tx, token)
            except HearthError as error:
                raise _Refused(error.status, "Invalid access token") from None
            if caller.account_id is None:
                raise _Refused(401, "Invalid access token")
            if channel is not None:
                _check(tx, caller, channel)
            elif not (caller.may("read:statuses") or caller.may("read:notifications")):
                raise _Refused(401, "Access token does not have the required scopes")
        if caller.unseen:
            with self._context.database.write() as tx:
                tokens.note_use(tx, caller)
        return caller

    def _check(self, caller: Caller, channel: Channel) -> None:
        with self._context.database.read() as tx:
            _check(tx, caller, channel)


def _channel(asked: Asked) -> Channel | None:
    """None for a WebSocket that says later what it wants. Raises UnknownStream."""
    at_root = asked.path.rstrip("/") == PREFIX
    if not asked.websocket:
        return channels.at(asked.path, asked.query)
    name = asked.query.get("stream", "")
    if name:
        return channels.named(name, asked.query)
    return None if at_root else channels.at(asked.path, asked.query)


def _token(asked: Asked) -> str:
    if token := bearer(asked.authorization):
        return token
    if asked.websocket and asked.protocols:
        return asked.protocols[0]
    return asked.query.get("access_token", "")


def _check(tx: Tx, caller: Caller, channel: Channel) -> None:
    if not caller.may(channel.scope):
        raise _Refused(401, "Access token does not have the required scopes")
    for feed in channel.feeds:
        if feed.kind is Kind.LIST:
            try:
                lists.get(tx, caller.account_id or 0, feed.list_id)
            except HearthError:
                raise _Refused(401, "List not found") from None


def _refusal(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Refusal:
    return Refusal(status, json.dumps({"error": sentence}), headers=headers or {})


def _words(status: int, sentence: str) -> str:
    return json.dumps({"error": sentence, "status": status})
