# SPDX-License-Identifier: AGPL-3.0-or-later
"""The box's end of the tunnel: it holds a connection to the gateway, and lets visitors out at the public listener.

How it stands, the service manager is told as its status (appliance/system/tunnel.py reads it). Whoever comes this way
is a stranger from the internet, so the listener for the home network is never opened to them, whatever a gateway says;
theirs is one of its own, as an address that a gateway tells is no proof of anything.
"""

import asyncio
import functools
import logging
import os
import random
import secrets
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from snitun.multiplexer.crypto import CryptoTransport

from appliance.config import Config
from appliance.errors import BadInput, HearthError, Unavailable
from appliance.gateway import backoff, invitation, stream, visitor, wire
from appliance.gateway.invitation import Invitation
from appliance.gateway.limits import Places
from appliance.gateway.load import GuardedWriter, House, Load, WeighedReader
from appliance.gateway.wire import Hello
from appliance.internet.front import TUNNEL_PORT
from appliance.secret import Secret
from appliance.system import notify
from appliance.system.files import Files, SystemFiles
from appliance.system.line import Line, call, may_be_others
from appliance.system.relay import Streams, dial_pinned
from appliance.system.tunnel import said

CONNECT_SECONDS = 15.0
PING_EVERY = 10.0
PING_SECONDS = 10.0
MAX_VISITORS = 400
MAX_MESSAGE = 64 * 1024
CLOSE_SECONDS = 1.0
# Told these, a box cannot come in by asking again: somebody has to do something.
FINAL = frozenset(
    {
        "gateway-replaced",
        "gateway-unknown",
        "gateway-refused",
        "gateway-invitation-used",
        "gateway-invitation-old",
        "gateway-impostor",
        "gateway-version",
    }
)
_LOOPBACK = "127.0.0.1"
Answer = Callable[[str], Awaitable[Line]]
log = logging.getLogger(__name__)


def serve(config: Config) -> None:
    """Run until told to stop. Raises HearthError not-invited, BadInput bad-invitation."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("snitun").setLevel(logging.ERROR)
    files, folder = SystemFiles(), Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"))
    invited = invitation.parse(_credential(files, folder / "gateway-invitation"))
    asyncio.run(_until_told(invited, Secret(_credential(files, folder / "gateway-token"))))


async def listener() -> Answer:
    """Opens the web server's side for the tunnel, for a visitor who is there by the address told, if the kernel lets
    us."""
    others = await may_be_others(visitor.NOBODY)
    if not others:
        log.warning("visitors come by this machine's own address, as connections in their names are not allowed")
    return lambda told: call(_LOOPBACK, TUNNEL_PORT, source=visitor.source(told) if others else None)


class Tunnel:
    def __init__(
        self,
        invited: Invitation,
        token: Secret,
        answer: Answer,
        tell: Callable[[str], None] = notify.status,
    ) -> None:
        self._invited = invited
        self._token = token
        self._answer = answer
        self._tell = tell
        self._run = secrets.token_hex(8)
        self._failures = 0
        self._places = Places(MAX_VISITORS, MAX_VISITORS)
        self._house = House()

    async def run(self) -> None:
        """For ever."""
        while True:
            refused = False
            try:
                await self._once()
                self._fail("gateway-gone", "The connection to the gateway ended; it is being made again.")
            except HearthError as error:
                refused = error.key in FINAL
                self._fail(error.key, f"{error.sentence} {error.remedy}".strip())
            except (OSError, EOFError, ValueError, TimeoutError) as error:
                log.info("the gateway was lost: %r", error)
                self._fail("gateway-gone", "The gateway broke off in the middle of it.")
            await asyncio.sleep(backoff.pause(self._failures, refused=refused, jitter=random.random()))  # noqa: S311

    async def _once(self) -> None:
        """From the first word to the last."""
        invited = self._invited
        streams = await dial_pinned(
            invited.gateway,
            invited.port,
            invited.gateway,
            invited.fingerprint,
            most=MAX_MESSAGE,
            seconds=CONNECT_SECONDS,
            offer=wire.CALL,
        )
        reader, writer = streams
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                writer.write(wire.pack(Hello(wire.VERSION, invited.name, self._token, self._run, invited.code)))
                await writer.drain()
                welcome = wire.parse_answer(await reader.readuntil(b"\n"))
            key, iv = (bytes.fromhex(each.reveal()) for each in (welcome.key, welcome.iv))
            crypto = await stream.prove(reader, writer, key, iv, CONNECT_SECONDS)
        except BadInput as error:
            writer.transport.abort()
            raise Unavailable("gateway-silent", f"{invited.gateway} answers, but not as a gateway.") from error
        except BaseException:
            writer.transport.abort()
            raise
        log.info("connected to %s as %s, epoch %d", invited.gateway, invited.name, welcome.epoch)
        self._tell(said(connected=True, key=f"epoch-{welcome.epoch}", words=f"{invited.name} is open to everybody."))
        self._failures = 0
        await self._hold(crypto, streams)

    async def _hold(self, crypto: CryptoTransport, streams: Streams) -> None:
        """Until it ends, or the gateway no longer answers."""
        reader, writer = streams
        load = Load(self._invited.gateway, writer.transport, self._house)
        with self._house.hold(load):
            answer = functools.partial(self._visit, load)
            held = stream.multiplex(crypto, WeighedReader(reader, load), GuardedWriter(writer), answer)
            load.multiplexer = held
            try:
                while held.is_connected:
                    try:
                        async with asyncio.timeout(PING_EVERY):
                            await held.wait()
                    except TimeoutError:
                        if not await stream.ping(held, PING_SECONDS):
                            return
            finally:
                held.shutdown()
                await asyncio.wait([asyncio.ensure_future(held.wait())], timeout=CLOSE_SECONDS)
                load.end()

    async def _visit(self, load: Load, held: Any, channel: stream.Channel) -> None:
        """Of somebody whom the gateway says to be there."""
        free = stream.freedom(channel)
        # From the beginning: what a gateway sends waits here while the web server is called, too.
        with load.visit(channel) as visit, self._places.take("") as place:
            if not place:
                await stream.drop(held, channel)
                return
            try:
                line = await self._answer(str(channel.ip_address))
            except (OSError, TimeoutError):
                await stream.drop(held, channel)
                return
            visit.line = line
            try:
                await stream.carry(held, channel, free, line, visit)
            finally:
                line.close()

    def _fail(self, key: str, words: str) -> None:
        self._failures += 1
        log.info("not connected to %s: %s", self._invited.gateway, words)
        self._tell(said(connected=False, key=key, words=words))


async def _until_told(invited: Invitation, token: Secret) -> None:
    tunnel = Tunnel(invited, token, answer=await listener())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    work = asyncio.create_task(tunnel.run())
    notify.ready(said(connected=False, key="gateway-connecting", words="The gateway is being called."))
    interval = notify.watchdog_interval()
    try:
        while not stop.is_set() and not work.done():
            try:
                async with asyncio.timeout(interval):
                    await stop.wait()
            except TimeoutError:
                notify.alive()
    finally:
        notify.stopping()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def _credential(files: Files, path: Path) -> str:
    try:
        return files.read(path, limit=4096).decode().strip()
    except (OSError, UnicodeDecodeError):
        raise HearthError(
            "not-invited", "The tunnel was not handed an invitation.", "hearth gateway use INVITATION", status=409
        ) from None
