# SPDX-License-Identifier: AGPL-3.0-or-later
"""What visitors and members can make a gateway keep: floods, and people who take nothing of what they asked for."""

import asyncio
import collections
import contextlib
import itertools
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snitun.multiplexer.crypto import CryptoTransport
from snitun.multiplexer.message import CHANNEL_FLOW_CLOSE, CHANNEL_FLOW_DATA, MultiplexerMessage

from appliance.gateway import load, stream, wire
from appliance.gateway.limits import Limits
from appliance.gateway.load import House, Load
from appliance.gateway.wire import Hello
from appliance.secret import Secret
from appliance.system.relay import Streams, dial_pinned
from tests.gateway.played import ALICE, BOB, HOST, SECONDS, Played, hang_up, web_server
from tests.gateway.test_tunnel import play

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
MOST = 512 * 1024
FAST = Limits(megabits=10_000)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that are reached at once."""
    monkeypatch.setattr(load, "STEP", 32 * 1024)
    monkeypatch.setattr(load, "PATIENCE", 0.3)
    monkeypatch.setattr(Load.__init__, "__defaults__", (MOST,))


@contextlib.asynccontextmanager
async def come_in(played: Played, name: str = ALICE) -> AsyncIterator[tuple[CryptoTransport, Streams]]:
    """A member's box with a program of its own, which has proved itself."""
    made = played.members.invite(name, replace=False)
    reader, writer = await dial_pinned(HOST, played.port, HOST, made.fingerprint, most=2**20, seconds=SECONDS)
    writer.write(wire.pack(Hello(wire.VERSION, name, Secret("a" * 64), "run", made.code)))
    async with asyncio.timeout(SECONDS):
        welcome = wire.parse_answer(await reader.readline())
        key, iv = (bytes.fromhex(each.reveal()) for each in (welcome.key, welcome.iv))
        crypto = await stream.prove(reader, writer, key, iv, SECONDS)
        assert played.gateway is not None
        while not played.gateway._admission.is_there(name):
            await asyncio.sleep(0.01)
    try:
        yield crypto, (reader, writer)
    finally:
        await hang_up(writer)


async def greet(played: Played, name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A visitor who says the first thing of TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    reader, writer = await asyncio.open_connection("127.0.0.1", played.port)
    writer.write(outgoing.read())
    return reader, writer


def weight(played: Played, name: str = ALICE) -> int:
    assert played.gateway is not None
    held = played.gateway._admission.load(name)
    held.weigh()
    return held.weight


def test_a_member_who_reads_nothing_is_no_way_to_fill_the_memory(tmp_path: Path) -> None:
    """Visitors flood it; they wait, then they go, and it goes. Others are not disturbed."""

    async def test(played: Played) -> None:
        most = 0
        async with web_server(played.authority, BOB) as port, come_in(played) as (_, (reader, _)):
            await played.box(played.invite("bob"), port, token="b").connected()
            reader._transport.pause_reading()

            async def flood() -> None:
                _, writer = await greet(played, ALICE)
                with contextlib.suppress(ConnectionError):
                    while not writer.transport.is_closing():
                        writer.write(bytes(65536))
                        await writer.drain()
                        await asyncio.sleep(0)

            floods = [asyncio.create_task(flood()) for _ in range(20)]
            assert played.gateway is not None
            async with asyncio.timeout(SECONDS):
                while played.gateway._admission.is_there(ALICE):
                    most = max(most, weight(played))
                    await asyncio.sleep(0.02)
            assert await played.visit(BOB, "still") == f"{BOB} heard still"
            for each in floods:
                each.cancel()
            await asyncio.gather(*floods, return_exceptions=True)
        assert MOST / 2 < most < 2 * MOST

    play(tmp_path, test, FAST)


def test_a_member_who_floods_makes_the_gateway_keep_little(tmp_path: Path) -> None:
    """It sends to visitors who take nothing, and does not wait when it is asked to."""

    async def test(played: Played) -> None:
        most = 0
        async with come_in(played) as (crypto, (reader, writer)):
            opened: list[stream.Channel] = []

            async def keep(_: object, channel: stream.Channel) -> None:
                opened.append(channel)
                with contextlib.suppress(Exception):
                    while True:
                        await channel.read()

            held = stream.multiplex(crypto, reader, writer, keep)
            visitors = [await greet(played, ALICE) for _ in range(20)]
            for visitor, _ in visitors:
                visitor._transport.pause_reading()
            async with asyncio.timeout(SECONDS):
                while len(opened) < len(visitors):
                    await asyncio.sleep(0.01)

            async def flood() -> None:
                with contextlib.suppress(Exception):
                    while not writer.transport.is_closing():
                        for channel in opened:
                            held._write_message(MultiplexerMessage(channel.id, CHANNEL_FLOW_DATA, bytes(16 * 1024)))
                            await writer.drain()
                        await asyncio.sleep(0)

            flooding = asyncio.create_task(flood())
            async with asyncio.timeout(SECONDS):
                assert played.gateway is not None
                while played.gateway._front.connections(ALICE) == len(visitors):
                    most = max(most, weight(played))
                    await asyncio.sleep(0.02)
            # Those for whom much was kept had to go; the tunnel is still there.
            assert played.gateway._admission.is_there(ALICE)
            flooding.cancel()
            for _, each in visitors:
                await hang_up(each)
            held.shutdown()
        assert MOST / 2 < most < 2 * MOST

    play(tmp_path, test, FAST)


def test_what_a_member_left_behind_when_it_closed_counts_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sends to visitors who take nothing, to each less than all may have, and closes each at once."""
    channels: list[stream.Channel] = []
    open_channel = stream.open_channel

    async def remember(*arguments: Any) -> tuple[stream.Channel, asyncio.Event]:
        made = await open_channel(*arguments)
        channels.append(made[0])
        return made

    monkeypatch.setattr(stream, "open_channel", remember)

    async def test(played: Played) -> None:
        assert played.gateway is not None
        most, visitors = 0, []
        async with come_in(played) as (crypto, (reader, writer)):

            async def leave(_: object, channel: stream.Channel) -> None:
                del channel

            held = stream.multiplex(crypto, reader, writer, leave)
            for count in range(1, 13):
                visitors.append(await greet(played, ALICE))
                visitors[-1][0]._transport.pause_reading()
                async with asyncio.timeout(SECONDS):
                    while len(channels) < count:
                        await asyncio.sleep(0.01)
                    for _ in range(24):
                        held._write_message(MultiplexerMessage(channels[-1].id, CHANNEL_FLOW_DATA, bytes(16 * 1024)))
                        await writer.drain()
                    held._write_message(MultiplexerMessage(channels[-1].id, CHANNEL_FLOW_CLOSE, b""))
                    await writer.drain()
                there = [visit.channel for visit in played.gateway._admission.load(ALICE)._visits]
                assert weight(played) >= sum(map(stream.kept, there))
                most = max(most, sum(map(stream.kept, there)))
            async with asyncio.timeout(SECONDS):
                while played.gateway._front.connections(ALICE) == len(visitors):
                    await asyncio.sleep(0.02)
            assert played.gateway._admission.is_there(ALICE)
            for _, each in visitors:
                await hang_up(each)
            held.shutdown()
        assert MOST / 2 < most < 2 * MOST

    play(tmp_path, test, FAST)


def channel_with(size: int) -> stream.Channel:
    """One of always the same id, where so much waits."""
    waiting: asyncio.Queue[object] = asyncio.Queue()
    waiting.put_nowait(SimpleNamespace(data=bytes(size)))
    return SimpleNamespace(id="same", _input=waiting)


def test_two_channels_with_one_id_are_two_and_count_when_the_tunnel_has_gone() -> None:
    async def run() -> None:
        house = House(1)
        held = Load(ALICE, Stuck(), house)
        first, second = contextlib.ExitStack(), contextlib.ExitStack()
        with house.hold(held):
            visit = first.enter_context(held.visit(channel_with(1000)))
            second.enter_context(held.visit(channel_with(3000)))
            held.weigh()
            assert held.weight >= 4000 + 2 * load.VISIT
            first.close()
            assert visit not in held.weigh()
        assert held.weight >= 3000 + load.VISIT
        assert house.excess == held.weight - 1
        second.close()
        assert house.weigh() == -1

    asyncio.run(run())


def test_within_a_message_nobody_waits_however_long_it_is() -> None:
    """One that is as long as a header, too."""

    class Watched(Load):
        async def room(self, count: int) -> None:
            asked.append(count)

    asked: list[int] = []

    async def run() -> None:
        (theirs, their_writer), (ours, our_writer), server = await pair()
        held = Watched(ALICE, our_writer.transport, House())
        key, iv = bytes(32), bytes(16)
        got: asyncio.Queue[stream.Channel] = asyncio.Queue()

        async def visit(_: object, channel: stream.Channel) -> None:
            got.put_nowait(channel)

        held.multiplexer = stream.multiplex(CryptoTransport(key, iv), load.WeighedReader(ours, held), our_writer, visit)
        other = stream.multiplex(CryptoTransport(key, iv), theirs, their_writer, visit)
        async with asyncio.timeout(SECONDS):
            channel, _ = await stream.open_channel(other, "192.0.2.7")
            opened = await got.get()
            for _ in range(3):
                await channel.write(bytes(32))
                assert await opened.read() == bytes(32)
        for each in (held.multiplexer, other):
            each.shutdown()
            await each.wait()
        server.close()

    asyncio.run(run())
    # One for each header: of the new channel, of three messages, and of the next one perhaps.
    assert len(asked) in (4, 5)


async def pair() -> tuple[Streams, Streams, asyncio.Server]:
    accepted: asyncio.Queue[Streams] = asyncio.Queue()
    server = await asyncio.start_server(lambda *streams: accepted.put_nowait(streams), "127.0.0.1", 0)
    one = await asyncio.open_connection(*server.sockets[0].getsockname())
    return one, await accepted.get(), server


class Stuck:
    """A writer of which nobody takes anything, and its transport."""

    def __init__(self) -> None:
        self.kept = 0
        self.limit = 0
        self.aborted = False
        self.transport = self

    def set_write_buffer_limits(self, high: int) -> None:
        self.limit = high

    def get_write_buffer_size(self) -> int:
        return self.kept

    def write(self, data: bytes) -> None:
        self.kept += len(data)

    def abort(self) -> None:
        self.aborted = True


def test_answers_to_pings_that_nobody_takes_end_the_tunnel() -> None:
    """SniTun writes them without waiting, as many as there are pings; this error it takes for the end."""
    stuck = Stuck()
    writer = load.GuardedWriter(stuck)
    with pytest.raises(RuntimeError):
        collections.deque(map(writer.write, itertools.repeat(bytes(32), 100_000)), maxlen=0)
    assert stuck.aborted
    assert stuck.limit < stuck.kept < 2 * load.MOST_UNSENT


def test_who_takes_what_they_asked_for_loses_nothing(tmp_path: Path) -> None:
    """Though it is much more than has room at once."""

    async def test(played: Played) -> None:
        async with web_server(played.authority, ALICE) as port:
            await played.box(played.invite("alice"), port).connected()
            visitors = [
                await asyncio.open_connection(
                    "127.0.0.1", played.port, ssl=played.authority.client(), server_hostname=ALICE
                )
                for _ in range(3)
            ]
            for _, writer in visitors:
                writer.write(b"download 3000000\n")

            async def take(reader: asyncio.StreamReader) -> int:
                return sum([len(await reader.readexactly(30_000)) for _ in range(100)])

            async with asyncio.timeout(SECONDS):
                assert await asyncio.gather(*(take(reader) for reader, _ in visitors)) == [3_000_000] * 3
            for _, writer in visitors:
                await hang_up(writer)

    play(tmp_path, test, FAST)


class Weighing:
    """A Load whose weight is told."""

    def __init__(self, weight: int) -> None:
        self.weight = weight

    def weigh(self) -> None:
        pass


def test_of_all_together_the_heaviest_is_found() -> None:
    house = House(100)
    small, large = Weighing(30), Weighing(80)
    with house.hold(small), house.hold(large):
        assert (house.excess, house.heaviest) == (10, large)
    assert house.excess == -100
